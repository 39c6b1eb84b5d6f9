"""Problems of attachments."""

from app.kit.language import Text
from app.kit.problems import Conflict, FieldErrorKind, Problem

UNKNOWN_ATTACHMENT = FieldErrorKind(
    "unknown_attachment",
    "该附件不存在、不属于此组织，或已用于其他记录",
    "is no attachment of this organization that is free to use",
    relative=True,
)
FORBIDDEN_TYPE = FieldErrorKind(
    "forbidden_type",
    "不接受此类文件；可上传：{expected}",
    "is not of an accepted type: {expected}",
)
TYPE_MISMATCH = FieldErrorKind(
    "type_mismatch",
    "文件内容与扩展名不符",
    "does not hold what its name says",
)
EMPTY_FILE = FieldErrorKind("empty_file", "文件为空", "is empty")
IMAGE_TOO_LARGE = FieldErrorKind(
    "image_too_large",
    "图片超过 {limit} 百万像素，请缩小后上传",
    "has more than {limit} megapixels: make the picture smaller",
)
ANIMATED_IMAGE = FieldErrorKind(
    "animated_image",
    "不接受动图，请上传静态图片",
    "has more than one frame: send a still picture",
)
BROKEN_IMAGE = FieldErrorKind("broken_image", "图片无法读取", "is an image that cannot be read")


class AttachmentInUse(Conflict):
    """A file of a record goes with the record only."""

    code = "attachment_in_use"
    title = Text("附件已被使用", "Attachment in use")
    detail = Text(
        "该附件已用于某条记录，不能单独删除。",
        "This attachment belongs to a record and cannot be deleted by itself.",
    )


class StoredFileMissing(Problem):
    """The row is there, its bytes are not: the store lost them or is out of reach."""

    status = 503
    code = "stored_file_missing"
    title = Text("文件暂不可读", "Stored file unavailable")
    detail = Text(
        "附件内容暂时无法读取，请稍后重试或联系管理员。",
        "The attachment's content cannot be read now; try again or tell the operator.",
    )
