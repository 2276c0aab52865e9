"""Which embedder: the one the settings ask for, and only that one is imported."""

from pathlib import Path

from crowkis.interfaces import Embedder
from crowkis.settings import SettingError, Settings


def new_embedder(settings: Settings) -> Embedder:
    """The embedder the settings ask for. Raises EmbedderError or SettingError."""
    if settings.embedder == "hashing":
        from crowkis.embed.hashing import HashingEmbedder

        return HashingEmbedder(settings.embed_dim)
    if settings.embedder == "remote":
        from crowkis.embed.remote import RemoteEmbedder

        if not settings.embed_url or not settings.embed_model:
            raise SettingError("embedder=remote needs embed_url and embed_model")
        return RemoteEmbedder(
            url=settings.embed_url,
            model=settings.embed_model,
            dimension=settings.embed_dim,
            key=settings.embed_key,
            batch_texts_max=settings.embed_batch,
            timeout_ms=settings.embed_timeout_ms,
        )
    from crowkis.embed.onnx import OnnxEmbedder

    return OnnxEmbedder(Path(settings.embed_cache_dir) if settings.embed_cache_dir else None)
