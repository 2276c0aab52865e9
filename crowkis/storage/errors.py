"""What can go wrong between the store and its disk, as four exceptions with the same ancestor.

Texts name the file or directory and say what is known; they never hold keys or values.
"""


class StorageError(Exception):
    """The disk, or what is on it, does not allow what was asked."""


class DiskError(StorageError):
    """A call to the disk failed: `during` says which step, `cause` is the operating system's word."""

    def __init__(self, during: str, cause: str) -> None:
        super().__init__(f"{during}: {cause}")
        self.during = during
        self.cause = cause


class Corruption(StorageError):  # noqa: N818 - named after the finding
    """A file is not what was written: opening is refused rather than serving what cannot be trusted."""

    def __init__(self, file: str, offset: int, what: str) -> None:
        super().__init__(f"{file} is damaged at byte {offset}: {what}")
        self.file = file
        self.offset = offset
        self.what = what


class UnknownFormat(StorageError):  # noqa: N818 - named after the finding
    """A file or record is of a format this program does not read, most likely that of a newer one."""

    def __init__(self, file: str, offset: int, what: str) -> None:
        super().__init__(f"{file} at byte {offset}: {what}")
        self.file = file
        self.offset = offset
        self.what = what


class DirectoryInUse(StorageError):  # noqa: N818 - named after the finding
    """Another process has this directory open."""

    def __init__(self, directory: str, pid: str) -> None:
        super().__init__(
            f"{directory} is in use by process {pid}; one process may have a directory open: "
            "stop that one first, or choose another directory"
        )
        self.directory = directory
        self.pid = pid
