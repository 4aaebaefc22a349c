"""`python -m bench`."""

try:
    from .command import main
except ModuleNotFoundError as error:
    raise SystemExit(f"the benchmarks need {error.name}: pip install '.[bench]'") from None

main(prog_name="python -m bench")
