"""The OpenAPI document: what FastAPI derives from the routes, made fit to generate clients from."""

from app.contract.document import documented, written

__all__ = ["documented", "written"]
