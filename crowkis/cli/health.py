"""`crowkis health`: is the server on this machine alive? For container health checks; exit code 0 or 1."""

import click
import httpx


@click.command("health")
@click.option("--probe-port", default=6386, envvar="CROWKIS_PROBE_PORT", show_default=True, help="Port of the probes.")
@click.option("--ready", is_flag=True, help="Ask whether it is ready to serve, not just alive.")
def verb(probe_port: int, ready: bool) -> None:
    """Ask the probe port of a server on this machine; exit code 0 when all is well."""
    path = "readyz" if ready else "livez"
    try:
        reply = httpx.get(f"http://127.0.0.1:{probe_port}/{path}", timeout=3.0, trust_env=False)
    except httpx.HTTPError as error:
        raise click.ClickException(f"no answer on port {probe_port}: {type(error).__name__}") from None
    click.echo(reply.text)
    if reply.status_code != 200:
        raise SystemExit(1)
