"""The one vector type: a one-dimensional float32 array of unit length, so that dot product is cosine."""

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float32]
