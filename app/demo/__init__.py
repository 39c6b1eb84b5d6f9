"""The demonstration: a tree, a campaign and thousands of submissions over HTTP, and a recount.

It talks to a running service and to nothing else, as any integrator would, and it adds up by its
own rules what progress must say (`recount`).
"""

from app.demo.display import Display
from app.demo.failures import Refused
from app.demo.service import Service
from app.demo.story import demonstrate

__all__ = ["Display", "Refused", "Service", "demonstrate"]
