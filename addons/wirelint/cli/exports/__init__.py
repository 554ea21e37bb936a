"""``wirelint export``: files for other programs. Each module here with a ``command`` is one kind, found by its name."""

from __future__ import annotations

import importlib
import pkgutil

import click

from wirelint.settings.file import nearest


class _Exports(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click names it
        return sorted(m.name.replace("_", "-") for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"{__name__}.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            raise click.UsageError(f"nothing to export is called {args[0]!r}{nearest(args[0], known)}", ctx)
        return super().resolve_command(ctx, args)


@click.group("export", cls=_Exports, short_help="Write configuration for other programs.")
def command() -> None:
    """Write configuration for other programs into a folder.

    Files that are there already are replaced.
    """
