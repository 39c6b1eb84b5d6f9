"""HTTP of clients, keys, grants and tokens."""

from app.features.accounts.routes import clients, grants, me, oauth
from app.http.operations import joined

router = joined(me.router, clients.router, grants.router, oauth.router)
