"""Keras files that mean harm: refused in one line, within 5 seconds and 500 megabytes."""

import io
import json
import sys
import zipfile

import h5py
import numpy as np
import pytest

from tests.support import keras_files
from tests.support.command_line import called
from tests.support.watched_program import watch

SECONDS, MEGABYTES = 5, 500
KERNEL = "layers/dense/vars/0"


def hdf5(change):
    """Return an HDF5 file of the MLP's weights in which something was changed."""
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        for place, array in keras_files.weights("mlp").items():
            file[place] = array
        del file[KERNEL]
        change(file)
    return content.getvalue()


def with_weights(path, change):
    keras_files.write_parts(path, json.dumps(keras_files.config("mlp")), hdf5(change))


def with_config(path, change):
    config = keras_files.config("residual")
    change(config)
    keras_files.write(path, config, keras_files.weights("residual"))


def external_link(path):
    secret = path.parent / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["w"] = np.zeros((4, 5))

    def change(file):
        file[KERNEL] = h5py.ExternalLink(str(secret), "/w")

    with_weights(path, change)


def external_storage(path):
    secret = path.parent / "secret.bin"
    secret.write_bytes(bytes(160))

    def change(file):
        place = [(str(secret).encode(), 0, 160)]
        file.create_dataset(KERNEL, (4, 5), dtype="f8", external=place)

    with_weights(path, change)


def virtual(path):
    layout = h5py.VirtualLayout((4, 5), dtype="f8")
    layout[:] = h5py.VirtualSource(str(path.parent / "secret.h5"), "w", (4, 5))
    with_weights(path, lambda file: file.create_virtual_dataset(KERNEL, layout))


def soft_link(path):
    def change(file):
        file[KERNEL] = h5py.SoftLink("/layers/dense_1/vars/0")

    with_weights(path, change)


def ten_gigabytes(path):
    def change(file):
        file.create_dataset(KERNEL, (1_250_000, 1_000), dtype="f8", chunks=(1_000, 1_000))

    with_weights(path, change)


def texts(path):
    with_weights(path, lambda file: file.create_dataset(KERNEL, data=["a", "b"]))


def no_weights(path):
    with_weights(path, lambda _: None)


def truncated(path):
    keras_files.saved("mlp", path)
    path.write_bytes(path.read_bytes()[:-40])


def truncated_weights(path):
    content = hdf5(lambda file: file.create_dataset(KERNEL, data=np.zeros((4, 5))))
    keras_files.write_parts(path, json.dumps(keras_files.config("mlp")), content[:900])


def zip_bomb(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", json.dumps(keras_files.config("mlp")))
        with archive.open("model.weights.h5", "w", force_zip64=True) as part:
            for _ in range(300):
                part.write(bytes(1_000_000))


def lying_zip(path):
    """A part that says it is small."""
    zip_bomb(path)
    content = path.read_bytes()
    size = (300_000_000).to_bytes(4, "little")
    assert size in content
    path.write_bytes(content.replace(size, (1_000_000).to_bytes(4, "little")))


def nested_json(path):
    keras_files.write_parts(path, "[" * 200_000, b"")


def nested_arguments(path):
    def change(config):
        args = []
        for _ in range(60):
            args = [args]
        config["config"]["layers"][1]["inbound_nodes"][0]["args"] = args

    with_config(path, change)


def cycle(path):
    def change(config):
        layers = config["config"]["layers"]
        tensor = layers[1]["inbound_nodes"][0]["args"][0]
        tensor["config"]["keras_history"] = [layers[2]["config"]["name"], 0, 0]

    with_config(path, change)


def subclassed(path):
    def change(config):
        config["class_name"], config["config"] = "Mine", {"code": "import os"}

    with_config(path, change)


def nonsense(path):
    with_config(path, lambda config: config["config"].update(layers=[1, 2]))


def unbuilt(path):
    config = keras_files.config("mlp")
    config["config"]["layers"] = config["config"]["layers"][1:]
    keras_files.write(path, config, keras_files.weights("mlp"))


def pickled(path):
    path.write_bytes(b"\x80\x04cos\nsystem\n(S'true'\ntR.")


HARM = {
    external_link: "is a link elsewhere: it is not followed",
    external_storage: "is in another file: it is not followed",
    virtual: "is in another file: it is not followed",
    soft_link: "is a link elsewhere: it is not followed",
    ten_gigabytes: "has 1,250,000,000 numbers",
    texts: "something else than numbers",
    no_weights: "the file holds no kernel of it",
    truncated: "truncated",
    truncated_weights: "truncated",
    zip_bomb: "has 300 MB, and may have 32",
    lying_zip: "truncated",
    nested_json: "no JSON that can be read",
    nested_arguments: "nested more than 20 deep",
    cycle: "a cycle",
    subclassed: "expected a Sequential or functional model",
    nonsense: "makes no sense",
    unbuilt: "its first layer is no input",
    pickled: "no .keras file",
}
SLOW = [ten_gigabytes, zip_bomb, lying_zip]


@pytest.mark.parametrize("harm", [one for one in HARM if one not in SLOW])
def test_harmful_file_is_refused_in_one_line(harm, tmp_path, capsys):
    path = tmp_path / "m.keras"
    harm(path)
    status, out, err = called(capsys, "import", path, "-o", tmp_path / "net.toml")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert HARM[harm] in err
    assert not (tmp_path / "net.toml").exists()


@pytest.mark.hostile
@pytest.mark.parametrize("harm", SLOW)
def test_large_claim_takes_little_time_and_memory(harm, tmp_path):
    harm(tmp_path / "m.keras")
    outcome = watch(sys.executable, "-m", "xlbackprop", "import", tmp_path / "m.keras")
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert HARM[harm] in outcome.err
    assert outcome.seconds < SECONDS
    assert outcome.megabytes < MEGABYTES
