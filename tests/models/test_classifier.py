"""Classifiers as endpoints, against transformers' own pipeline."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path

import pytest

from evalrun.core.content import Message
from evalrun.core.errors import ConfigError, EndpointError, SampleError
from evalrun.core.exchange import Prompt, Reply, ReplyForm, Request, SampleKey, Sampling
from evalrun.core.options import to_options
from evalrun.models.classifier.model import ClassifierModel

pytest.importorskip("torch")
pytest.importorskip("transformers")

from tiny_classifier import save_classifier

TEXTS = ["The cat sat on the mat. ", "The mountain is high, and the access code is 48213.", "Yes"]
BOTH = ("-", "+")


@pytest.fixture(scope="module")
def of_tokens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_classifier(tmp_path_factory.mktemp("tokens"))


def of_texts(folder: Path, labels: int) -> Path:
    """Save a random classifier of texts with so many labels."""
    import torch
    from transformers import XLMRobertaConfig, XLMRobertaForSequenceClassification

    save_classifier(folder)
    config = XLMRobertaConfig.from_pretrained(folder)
    config.num_labels = labels
    torch.manual_seed(3)
    XLMRobertaForSequenceClassification(config).save_pretrained(folder)
    return folder


def model(folder: Path, **section) -> ClassifierModel:
    section = {"engine": "torch_classifier", "name": str(folder), "device": "cpu", **section}
    return ClassifierModel(to_options(section, ClassifierModel.Options, "model"))


def asked(folder: Path, *texts: str, continuations=BOTH, **section) -> list[Reply]:
    """Return what is said of texts that share their begin with nobody."""
    endpoint = model(folder, **section).endpoint(None)

    async def ask() -> list[Reply]:
        prompt = Prompt(messages=(Message("user", ""),), open_ended=True)
        async with endpoint.open(prompt, SampleKey("s")) as session:
            requests = (
                Request(
                    sampling=Sampling(),
                    messages=(Message("user", text),),
                    form=ReplyForm(continuations=continuations),
                )
                for text in texts
            )
            found = await asyncio.gather(*(session.generate(request) for request in requests))
        await endpoint.close()
        return list(found)

    return asyncio.run(ask())


def probabilities(reply: Reply) -> list[float]:
    return [math.exp(one.logprob) for one in reply.likelihoods if one.logprob is not None]


def test_the_last_token_of_a_text_is_judged_as_by_the_pipeline(of_tokens: Path) -> None:
    from transformers import pipeline

    judge = pipeline("token-classification", model=str(of_tokens), device="cpu")
    for text, reply in zip(TEXTS, asked(of_tokens, *TEXTS), strict=True):
        last = judge(text)[-1]
        bad, good = probabilities(reply)
        assert bad + good == pytest.approx(1)
        assert last["entity"] == ("LABEL_1" if good > bad else "LABEL_0")
        assert float(last["score"]) == pytest.approx(max(bad, good), abs=1e-5)
        assert reply.usage.input_tokens > 0


def test_a_text_is_judged_as_by_the_pipeline(tmp_path: Path) -> None:
    from transformers import pipeline

    folder = of_texts(tmp_path, labels=3)
    judge = pipeline("text-classification", model=str(folder), device="cpu", top_k=None)
    labels = {"-": "LABEL_2", "+": "LABEL_0"}
    for text, reply in zip(TEXTS, asked(folder, *TEXTS, labels=labels), strict=True):
        scores = {one["label"]: float(one["score"]) for one in judge([text])[0]}
        expected = [scores["LABEL_2"], scores["LABEL_0"]]
        assert probabilities(reply) == pytest.approx(expected, abs=1e-5)


def test_a_single_score_is_the_sigmoid_of_the_second_continuation(tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder = of_texts(tmp_path, labels=1)
    scorer = AutoModelForSequenceClassification.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    for text, reply in zip(TEXTS, asked(folder, *TEXTS), strict=True):
        with torch.inference_mode():
            score = float(scorer(**tokenizer(text, return_tensors="pt")).logits[0, 0])
        assert probabilities(reply)[1] == pytest.approx(1 / (1 + math.exp(-score)), abs=1e-5)


def test_what_cannot_be_asked_is_told(of_tokens: Path) -> None:
    with pytest.raises(EndpointError, match="protocol=likelihood"):
        asked(of_tokens, "a", continuations=())
    with pytest.raises(EndpointError, match=r"no 'A', only '-', '\+'"):
        asked(of_tokens, "a", continuations=("A", "B"))
    with pytest.raises(ConfigError, match=r"model\.labels\.\+: the model has no label 'GOOD'"):
        asked(of_tokens, "a", labels={"+": "GOOD"})
    with pytest.raises(SampleError, match="the classifier takes 514"):
        asked(of_tokens, "cat " * 2000)
    with pytest.raises(SampleError, match="without tokens"):
        asked(of_tokens, "")


def test_a_model_that_is_no_classifier_is_refused(of_tokens: Path, tmp_path: Path) -> None:
    config = (of_tokens / "config.json").read_text()
    for file in of_tokens.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    changed = config.replace("XLMRobertaForTokenClassification", "XLMRobertaForCausalLM")
    (tmp_path / "config.json").write_text(changed)
    with pytest.raises(ConfigError, match="XLMRobertaForCausalLM is no classifier"):
        model(tmp_path).endpoint(None)


def test_missing_weights_and_kv_methods_are_problems(tmp_path: Path) -> None:
    class Method:
        label = "snapkv"

    found = [problem.what for problem in model(tmp_path / "nothing").problems(Method())]
    assert any("nothing" in what for what in found)
    assert "a classifier has no KV cache for kv=snapkv" in found
