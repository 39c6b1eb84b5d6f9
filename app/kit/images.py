"""Photos without what their camera wrote into them: where, when and with what they were taken."""

import warnings
from typing import IO, TYPE_CHECKING, Any, Final

from app.kit import segments
from app.kit.sandbox import RefusedError

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
"""What is looked into, by its media type."""
MAX_MEGAPIXELS: Final = 16
BROKEN, TOO_LARGE, ANIMATED = "broken", "too_large", "animated"
_PIXELS: Final = MAX_MEGAPIXELS * 1_000_000
_MAX_PROFILE: Final = 1024 * 1024
_SAVED: Final[dict[str, dict[str, Any]]] = {
    "JPEG": {"quality": 92},
    "PNG": {"compress_level": 4},
    "WEBP": {"quality": 92},
}


def strip(file: IO[bytes], result: IO[bytes], media_type: str) -> None:
    """Write the same picture upright, with no metadata.

    Its size is read from its header: one that is too large is never decoded. To be run in a
    sandbox. Raises `RefusedError`: `broken`, `too_large` or `animated`.
    """
    from PIL import Image, ImageOps  # noqa: PLC0415 - for photos only

    kind = FORMATS[media_type]
    if not segments.are_few(file.read(), kind):
        raise RefusedError(BROKEN)
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(file, formats=[kind]) as image:
                _require_fit(image, kind)
                profile = image.info.get("icc_profile")
                ImageOps.exif_transpose(image, in_place=True)
                _save(image, result, kind, profile)
    except Image.DecompressionBombError:
        raise RefusedError(TOO_LARGE) from None
    except MemoryError:
        raise
    except Exception as error:
        if isinstance(error, RefusedError) or (isinstance(error, OSError) and error.errno):
            raise
        raise RefusedError(BROKEN) from error


def _require_fit(image: "Image", kind: str) -> None:
    if image.width * image.height > _PIXELS:
        raise RefusedError(TOO_LARGE)
    # A JPEG with more pictures in it is a photo of a phone that adds a small one.
    if kind != "JPEG" and getattr(image, "n_frames", 1) > 1:
        raise RefusedError(ANIMATED)


def _save(image: "Image", result: IO[bytes], kind: str, profile: bytes | None) -> None:
    # What is kept is named; Pillow would write some of the rest into the new file by itself.
    transparency = image.info.get("transparency")
    image.info.clear()
    if transparency is not None:
        image.info["transparency"] = transparency
    if profile and len(profile) > _MAX_PROFILE:
        profile = None
    image.save(result, kind, icc_profile=profile, **_SAVED[kind])
