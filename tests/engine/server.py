"""llama.cpp's own OpenAI server in a process of its own: `python -m tests.engine.server --model FILE --port N`."""

import argparse
import threading

from xllamacpp import CommonParams, Server

SEED = 20_260


def parameters(*, model: str, port: int, window: int, slots: int) -> CommonParams:
    """Return the settings of a server on loopback, whose `slots` each have a window of so many tokens."""
    settings = CommonParams()
    settings.model.path = model
    settings.model_alias = {"tiny"}
    settings.hostnames = ["127.0.0.1"]
    settings.port = port
    settings.n_ctx = window * slots
    settings.n_parallel = slots
    settings.n_gpu_layers = 0
    settings.cpuparams.n_threads = 1
    settings.cpuparams_batch.n_threads = 1
    # Left to itself it fills the memory with a window of its own choice.
    settings.fit_params = False
    settings.warmup = False
    settings.endpoint_metrics = True
    settings.endpoint_slots = True
    # The words come straight from the model, and the same question gets the same answer.
    settings.sampling.seed = SEED
    settings.sampling.temp = 1.0
    settings.sampling.top_k = 0
    settings.sampling.top_p = 1.0
    settings.sampling.min_p = 0.0
    return settings


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--window", type=int, required=True)
    parser.add_argument("--slots", type=int, required=True)
    wanted = parser.parse_args()
    server = Server(parameters(**vars(wanted)))
    print(server.listening_address, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
