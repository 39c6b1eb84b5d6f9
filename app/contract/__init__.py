"""The OpenAPI document: what FastAPI derives from the routes, made fit to generate clients from."""

from app.contract.document import documented

__all__ = ["documented"]
