"""The style sheet and the mark, served under addresses that change with their content."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request, Response

FOLDER = Path(__file__).parent.parent / "static"
KINDS = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Assets:
    """The files by name, and the hash over all of them that stands in their addresses."""

    files: dict[str, bytes]
    digest: str

    def address(self, name: str) -> str:
        """The path at which a page finds the file `name`. Raises `KeyError`."""
        _ = self.files[name]
        return f"/static/{self.digest}/{name}"


def load_assets() -> Assets:
    """Read the files once, at the start."""
    files = {path.name: path.read_bytes() for path in sorted(FOLDER.iterdir())}
    return Assets(files, sha256(b"".join(files.values())).hexdigest()[:12])


@router.get("/static/{digest}/{name}")
def static_file(request: Request, digest: str, name: str) -> Response:
    """One file. An address of an older version is answered with 404, never with other content."""
    assets: Assets = request.app.state.site.assets
    content = assets.files.get(name)
    if content is None or digest != assets.digest:
        raise HTTPException(404)
    return Response(content, media_type=KINDS[Path(name).suffix], headers=FOR_EVER)


@router.get("/favicon.ico")
def favicon(request: Request) -> Response:
    """The mark, for browsers that ask at the old place."""
    assets: Assets = request.app.state.site.assets
    return Response(assets.files["mark.svg"], media_type=KINDS[".svg"])
