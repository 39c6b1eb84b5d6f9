"""Why a backup is not made, or not restored: sentences in both languages."""

from typing import Final

from app.kit.language import Text


class NotDone(Exception):  # noqa: N818 - what is so, not what went wrong
    """Nothing was changed: `text` says why not, and what to do."""

    def __init__(self, text: Text, **parameters: object) -> None:
        """Keep both languages: the command line says it in one of them."""
        super().__init__(text.say("en", **parameters))
        self.text = text
        self.parameters = parameters


EXISTS: Final = Text(
    "{file} 已存在，不予覆盖。",
    "{file} exists, and is not overwritten.",
)
NO_FILE: Final = Text(
    "无法读取 {file}：{reason}。",
    "{file} cannot be read: {reason}.",
)
NO_ROOM: Final = Text(
    "无法写入 {file}：{reason}。",
    "{file} cannot be written: {reason}.",
)
FOREIGN: Final = Text(
    "{file} 不是本服务的备份文件，未作任何改动。",
    "{file} is no backup of this service; nothing was changed.",
)
DAMAGED: Final = Text(
    "备份文件已损坏或不完整（{part}），未作任何改动。请使用另一份备份。",
    "The backup is damaged or incomplete ({part}); nothing was changed. Use another one.",
)
NEWER: Final = Text(
    "备份由更新的版本 {release} 制作，请用该版本恢复。未作任何改动。",
    "The backup was made by release {release}, which is newer: restore it with that one. "
    "Nothing was changed.",
)
OTHER_KEY: Final = Text(
    "备份是在另一个 DAJIATAN_SECRET_KEY 下制作的，密钥和审计链须用原密钥才能使用。"
    "请设置原密钥后重试。未作任何改动。",
    "The backup was made under another DAJIATAN_SECRET_KEY, without which its API keys and its "
    "audit chain are of no use. Set that one and try again. Nothing was changed.",
)
NO_KEY: Final = Text(
    "请先设置 DAJIATAN_SECRET_KEY，或将原来的 secret.key 放入 {folder}。未作任何改动。",
    "Set DAJIATAN_SECRET_KEY, or put the former secret.key into {folder}, first. "
    "Nothing was changed.",
)
OTHER_DATABASE: Final = Text(
    "备份来自 {kind}，只能恢复到同种数据库。未作任何改动。",
    "The backup is one of {kind} and can be restored to that only. Nothing was changed.",
)
NOT_EMPTY: Final = Text(
    "数据库中已有数据，未作任何改动。若要以备份取代全部数据，请加 --replace。",
    "The database is not empty; nothing was changed. "
    "To have the backup replace all of it, add --replace.",
)
IN_USE: Final = Text(
    "数据库正在使用中，未作任何改动。请先停止服务与后台任务。",
    "The database is in use; nothing was changed. Stop the service and its workers first.",
)
