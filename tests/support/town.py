"""A town behind a real server, made over HTTP, and the command line as somebody there runs it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from app.cli import app
from app.client.calls import Client
from tests.support import tables
from tests.support.client import ROOT_CODE
from tests.support.processes import Processes, wait_for

UNIT = "中共某镇委员会"


@dataclass
class Town:
    """A committee below the root in an open campaign, and the administrator's key."""

    processes: Processes
    key: str
    campaign: Any
    unit: Any

    def run(self, *arguments: str, key: str | None = None, status: int = 0) -> Result:
        """Run `dajiatan` in this process against the server."""
        environment = {"DAJIATAN_URL": self.processes.address, "DAJIATAN_KEY": key or self.key}
        result = CliRunner().invoke(app, arguments, env=environment)
        assert result.exit_code == status, result.output
        assert (key or self.key) not in result.output
        return result

    def read(self, *arguments: str, status: int = 0) -> Any:
        """Run it with `--json`; the document."""
        return json.loads(self.run(*arguments, "--json", status=status).stdout)

    def client(self) -> Client:
        """The administrator as a script calls."""
        return Client(self.processes.address, self.key)

    def key_of(self, role: str) -> str:
        """The key of a new client that has a role in the town."""
        with self.client() as client:
            made = client.post("/v1/clients", {"name": role, "unit_id": self.unit["id"]}).body
            grant = {"client_id": made["id"], "role": role, "unit_id": self.unit["id"]}
            client.post("/v1/grants", grant)
            key = client.post(f"/v1/clients/{made['id']}/keys", {}).body["key"]
            return str(key)


def found(processes: Processes, key: str) -> Town:
    """Make the town in a service that has nothing yet."""
    with Client(processes.address, key) as client:
        (root,) = client.rows("/v1/units", {"code": ROOT_CODE})
        body = {"code": "T01", "name": UNIT, "kind": "committee", "sector": "rural",
                "parent_id": root["id"]}  # fmt: skip
        unit = client.post("/v1/units", body).body
        asked = {"template": "mass-line-discussion-2012", "root_unit_id": root["id"]}
        path = f"/v1/campaigns/{client.post('/v1/campaigns', asked).body['id']}"
        client.post(f"{path}/open", if_match=client.get(path).headers["ETag"])
        wait_for(lambda: client.get(path).body["status"] == "open", "the campaign is open")
        return Town(processes, key, client.get(path).body, unit)


def write(path: Path, rows: tables.Rows, sheet: str = "表") -> Path:
    """Keep rows as a workbook."""
    path.write_bytes(tables.workbook({sheet: rows}))
    return path
