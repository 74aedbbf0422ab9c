"""The ``gongji`` command."""

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, help="医保个人账户、家庭共济与结算。")


def main() -> None:
    """Run the command line."""
    app()
