"""Photos without what their camera wrote into them: where, when and with what they were taken."""

import io
import warnings
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image

_FORMATS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
_MAX_PIXELS: Final = 60_000_000
_QUALITY: Final = 92


class BrokenImageError(ValueError):
    """The bytes are no image, or one too large to be opened safely."""


def without_metadata(file: IO[bytes], media_type: str) -> bytes:
    """The same picture upright, with no metadata; raises `BrokenImageError`."""
    from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415 - for photos only

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=[_FORMATS[media_type]]) as image:
                if image.width * image.height > _MAX_PIXELS:
                    raise BrokenImageError
                upright = ImageOps.exif_transpose(image)
                profile = image.info.get("icc_profile")
                return _saved(upright, _FORMATS[media_type], profile)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Warning) as error:
        raise BrokenImageError from error


def _saved(image: "Image", kind: str, profile: bytes | None) -> bytes:
    from PIL.Image import new  # noqa: PLC0415 - as above

    bare = new(image.mode, image.size)
    bare.paste(image)
    if image.mode == "P" and (palette := image.getpalette()):
        bare.putpalette(palette)
    out = io.BytesIO()
    options = {"quality": _QUALITY} if kind in {"JPEG", "WEBP"} else {}
    bare.save(out, kind, icc_profile=profile, **options)
    return out.getvalue()
