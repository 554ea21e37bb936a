"""Give mkdocs the files of the site where they are in the repository, so that their links work in both places."""

from __future__ import annotations

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

_link = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Return the pages that the navigation names, and what they link to."""
    root = Path(config.config_file_path).parent
    pages = list(_pages(config.nav))
    linked = {
        (root / page).parent.joinpath(target).resolve().relative_to(root.resolve()).as_posix()
        for page in pages
        for target in _link.findall((root / page).read_text(encoding="utf-8"))
    }
    own = [File.generated(config, path, abs_src_path=str(root / path)) for path in sorted({*pages, *linked})]
    theme = [file for file in files if not file.is_documentation_page() and file.src_dir != config.docs_dir]
    return Files([*theme, *(file for file in own if Path(file.abs_src_path or "").is_file())])


def _pages(nav: object) -> list[str]:
    if isinstance(nav, str):
        return [nav]
    members = nav.values() if isinstance(nav, dict) else nav if isinstance(nav, list) else []
    return [page for member in members for page in _pages(member)]
