"""Parameters, products and cache sizes against the models themselves, built without weights.

Conventions of the counter, found here and kept:
- `FlopCounterMode` counts two operations per product and only matrix products and convolutions.
- Masks are not subtracted: a causal or windowed prefill counts every query against every key.
- Experts are counted with `batched_mm`, one matrix per token and chosen expert.
- The convolution of Qwen3-Next runs over `taps - 1` more rows than there are tokens and drops them again; its
  triangular solve is not counted at all.
- A decode step of latent attention is not compared: transformers expands the whole cache again in every step,
  ours works on the latent rows. Nor is one of the delta rule, which the reference code does value by value.
- Falcon with grouped keys and values (40B, 180B) repeats them for every query head before they are cached; the
  cache counted here is the one the architecture needs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bitline.workload import Model, decode, kv_cache_bytes, load_model, model_from_config, prefill

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
flop_counter = pytest.importorskip("torch.utils.flop_counter")

CONFIGS = Path(__file__).resolve().parents[3] / "shared" / "data" / "model_configs"
QUICK = (
    "all-minilm-l6-v2", "bert-tiny", "bloom-560m", "deepseek-v2-lite", "deepseek-v3.2", "deit-tiny-16",
    "distilbert-base", "falcon-7b", "falcon-40b", "flan-t5-small", "gemma-2-2b", "gemma-2b", "gemma-3-1b",
    "gemma-3-4b", "gpt-j-6b", "gpt-oss-20b", "gpt2", "llama-2-7b", "llama-3.2-1b", "mistral-7b-v0.1",
    "mixtral-8x7b", "mobilebert", "olmo-2-7b", "olmo-3-7b", "opt-125m", "opt-350m", "phi-1_5", "phi-2",
    "phi-4-mini", "pythia-14m", "qwen1.5-moe-a2.7b", "qwen2-0.5b", "qwen3-0.6b", "qwen3-30b-a3b",
    "qwen3-next-80b-a3b", "roberta-base", "stablelm-2-1.6b", "starcoder2-7b", "t5-small", "whisper-tiny",
)  # fmt: skip

LAYER_COUNTS = {
    "num_hidden_layers", "n_layer", "n_layers", "num_layers", "num_decoder_layers", "encoder_layers", "decoder_layers",
}  # fmt: skip

SMALL: dict[str, dict[str, Any]] = {
    "albert": {"hidden_size": 96, "embedding_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4,
               "intermediate_size": 160, "vocab_size": 500, "architectures": ["AlbertForMaskedLM"]},
    "gpt_neo": {"hidden_size": 64, "num_layers": 4, "num_heads": 4, "vocab_size": 300, "window_size": 16,
                "max_position_embeddings": 128, "attention_types": [[["global", "local"], 2]],
                "architectures": ["GPTNeoForCausalLM"]},
    "siglip_vision_model": {"hidden_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4,
                            "intermediate_size": 96, "image_size": 32, "patch_size": 8,
                            "architectures": ["SiglipVisionModel"]},
    "xlm-roberta": {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 96,
                    "vocab_size": 400, "max_position_embeddings": 66, "type_vocab_size": 1,
                    "architectures": ["XLMRobertaForSequenceClassification"]},
    "bert": {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 96,
             "vocab_size": 400, "num_labels": 5, "architectures": ["BertForSequenceClassification"]},
    "distilbert": {"dim": 64, "n_layers": 2, "n_heads": 4, "hidden_dim": 96, "vocab_size": 400, "num_labels": 3,
                   "architectures": ["DistilBertForSequenceClassification"]},
    "vit": {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 96,
            "image_size": 32, "patch_size": 8, "architectures": ["ViTModel"]},
    "falcon": {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 300,
               "alibi": True, "parallel_attn": False, "multi_query": False, "bias": True,
               "architectures": ["FalconForCausalLM"]},
    "gpt_neox": {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 96,
                 "vocab_size": 300, "use_parallel_residual": False, "tie_word_embeddings": True,
                 "architectures": ["GPTNeoXForCausalLM"]},
    "stablelm": {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
                 "intermediate_size": 96, "vocab_size": 300, "use_parallel_residual": True,
                 "architectures": ["StableLmForCausalLM"]},
    "qwen2": {"hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2,
              "intermediate_size": 96, "vocab_size": 300, "use_sliding_window": True, "sliding_window": 8,
              "max_window_layers": 1, "architectures": ["Qwen2ForCausalLM"]},
    "qwen3_moe": {"hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2,
                  "head_dim": 32, "intermediate_size": 96, "moe_intermediate_size": 32, "num_experts": 6,
                  "num_experts_per_tok": 2, "vocab_size": 300, "decoder_sparse_step": 2, "mlp_only_layers": [3],
                  "architectures": ["Qwen3MoeForCausalLM"]},
    "mistral": {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
                "head_dim": 24, "intermediate_size": 96, "vocab_size": 300, "sliding_window": 16,
                "architectures": ["MistralModel"]},
    "llama": {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
              "intermediate_size": 96, "vocab_size": 300, "attention_bias": True, "mlp_bias": True,
              "architectures": ["LlamaForCausalLM"]},
}  # fmt: skip


def fields_of(name: str) -> dict[str, Any]:
    path = CONFIGS / f"{name}.json"
    if not path.is_file():
        pytest.skip("no shared/data/model_configs beside the checkout")
    fields: dict[str, Any] = json.loads(path.read_text())
    return fields


def all_names() -> list[str]:
    index = CONFIGS / "index.json"
    return sorted(json.loads(index.read_text())) if index.is_file() else ["no-configurations-at-hand"]


def shortened(fields: dict[str, Any]) -> dict[str, Any]:
    """Keep six layers of a model, enough for every pattern of layers."""
    short = {k: shortened(v) if k in ("text_config", "vision_config") else v for k, v in fields.items()}
    for key in LAYER_COUNTS & short.keys():
        short[key] = min(short[key], 6)
    if "layer_types" in short:
        short["layer_types"] = short["layer_types"][:6]
    return short


def reference(fields: dict[str, Any]) -> Any:
    """Build the model of transformers without weights."""
    fields = dict(fields)
    family, architecture = fields.pop("model_type"), fields["architectures"][0]
    if family == "phi-msft":
        family = "phi"
        old = ("n_embd", "n_layer", "n_head", "n_positions")
        new = ("hidden_size", "num_hidden_layers", "num_attention_heads", "max_position_embeddings")
        fields |= {n: fields.pop(o) for o, n in zip(old, new, strict=True)}
        fields["intermediate_size"] = 4 * fields["hidden_size"]
    config = transformers.AutoConfig.for_model(family, **fields)
    config._attn_implementation = "eager"
    with torch.device("meta"):
        model = getattr(transformers, architecture)(config)
    if hasattr(model, "set_experts_implementation"):
        model.set_experts_implementation("batched_mm")
    return model.eval()


def run(model: Any, ours: Model, batch: int, prompt: int) -> tuple[int, Any]:
    """Count operations of a prefill; give the cache too."""
    ids = torch.zeros(batch, prompt, dtype=torch.long, device="meta")
    inputs: dict[str, Any] = {"input_ids": ids}
    if ours.family in ("vit", "siglip_vision_model"):
        side = model.config.image_size
        inputs = {"pixel_values": torch.empty(batch, 3, side, side, device="meta")}
    elif ours.family == "whisper":
        sound = torch.empty(batch, model.config.num_mel_bins, 2 * prompt, device="meta")
        inputs = {"input_features": sound, "decoder_input_ids": ids[:, :1]}
    elif ours.family == "t5":
        inputs["decoder_input_ids"] = ids[:, :1]
    if ours.is_decoder:
        inputs["use_cache"] = True
    with torch.no_grad(), flop_counter.FlopCounterMode(display=False) as counter:
        output = model(**inputs)
    return counter.get_total_flops(), getattr(output, "past_key_values", None)


def run_one_more(model: Any, ours: Model, batch: int, cache: Any, prompt: int) -> int:
    """Count operations of the step that follows a prefill."""
    ids = torch.zeros(batch, 1, dtype=torch.long, device="meta")
    inputs: dict[str, Any] = {"input_ids": ids}
    if ours.design.kind == "encoder-decoder":
        rows = torch.empty(batch, prompt, ours.hidden, device="meta")
        inputs = {"decoder_input_ids": ids, "encoder_outputs": (rows,)}
    with torch.no_grad(), flop_counter.FlopCounterMode(display=False) as counter:
        model(**inputs, past_key_values=cache, use_cache=True)
    return int(counter.get_total_flops())


def prompts(ours: Model) -> tuple[tuple[int, int], ...]:
    """Choose a short prompt, and one longer than any window where the model takes that."""
    fixed = {"whisper": 1500}.get(ours.family) or (ours.context_limit if ours.vocabulary == 0 else None)
    if fixed is not None:
        return ((2, fixed), (1, fixed))
    limit = ours.design.source_limit or ours.design.position_rows or 4500
    # The reference code of the delta rule is a loop over chunks of 64 tokens.
    return (2, 7), (1, min(limit, 200 if ours.family == "qwen3_next" else 4500))


def dropped_rows(ours: Model, fields: dict[str, Any], batch: int) -> int:
    """Operations on the convolution rows that Qwen3-Next computes and throws away."""
    if ours.family != "qwen3_next":
        return 0
    channels, taps = 2 * 16 * 128 + 32 * 128, 4
    layers = fields["num_hidden_layers"] - fields["num_hidden_layers"] // 4
    return 2 * layers * batch * channels * taps * (taps - 1)


def cached_repeats(ours: Model, fields: dict[str, Any]) -> int:
    """How often transformers stores each key and value."""
    if ours.family != "falcon" or not fields.get("new_decoder_architecture"):
        return 1
    return int(fields["num_attention_heads"] // fields["num_kv_heads"])


def cached_values(cache: Any) -> int:
    """Add up every tensor a cache keeps for later steps."""
    if type(cache).__name__ == "EncoderDecoderCache":
        return cached_values(cache.self_attention_cache) + cached_values(cache.cross_attention_cache)
    total = 0
    for layer in cache.layers:
        for name in ("keys", "values", "indexer_keys", "conv_states", "recurrent_states"):
            value = getattr(layer, name, None)
            for tensor in value.values() if isinstance(value, dict) else [value]:
                total += tensor.numel() if torch.is_tensor(tensor) else 0
    return total


def check(fields: dict[str, Any], name: str, *, longest_only: bool = False) -> None:
    model, ours = reference(fields), model_from_config(fields, name)
    assert ours.parameters == sum(p.numel() for p in model.parameters())
    for batch, prompt in prompts(ours)[1 if longest_only else 0 :]:
        operations, cache = run(model, ours, batch, prompt)
        expected = operations - dropped_rows(ours, fields, batch)
        assert 2 * prefill(ours, batch, prompt, every_position=True).macs == expected
        if ours.is_decoder:
            paired = ours.design.kind == "encoder-decoder"
            tokens, source = (1, prompt) if paired else (prompt, None)
            kept = kv_cache_bytes(ours, batch, tokens, 1, source=source)
            assert kept * cached_repeats(ours, fields) == cached_values(cache)
            if not ours.family.startswith(("deepseek", "qwen3_next")) and tokens != ours.design.position_rows:
                now = decode(ours, batch, tokens + 1, source=source)
                assert 2 * now.macs == run_one_more(model, ours, batch, cache, prompt)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", all_names())
def test_published_models_agree_with_transformers(name: str) -> None:
    """All layers of the model with the longer prompt; its first layers with both, if no other test does that."""
    check(fields_of(name), name, longest_only=True)
    if name not in QUICK:
        check(shortened(fields_of(name)), name)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", QUICK)
def test_first_layers_of_each_family_agree_with_transformers(name: str) -> None:
    check(shortened(fields_of(name)), name)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("family", SMALL)
def test_small_models_of_other_kinds_agree_with_transformers(family: str) -> None:
    check({"model_type": family, **SMALL[family]}, family)


@pytest.mark.filterwarnings("ignore")
def test_only_the_last_token_is_scored_unless_asked() -> None:
    fields = fields_of("llama-3.2-1b")
    model, ours = reference(fields), load_model("llama-3.2-1b")
    ids = torch.zeros(3, 20, dtype=torch.long, device="meta")
    with torch.no_grad(), flop_counter.FlopCounterMode(display=False) as counter:
        model(input_ids=ids, logits_to_keep=1)
    assert 2 * prefill(ours, 3, 20).macs == counter.get_total_flops()


@pytest.mark.filterwarnings("ignore")
def test_gemma_vision_tower_agrees_with_transformers() -> None:
    fields = fields_of("gemma-3-4b")
    model, tower = reference(fields), load_model("gemma-3-4b").vision
    assert tower is not None
    with torch.no_grad(), flop_counter.FlopCounterMode(display=False) as counter:
        model.get_image_features(pixel_values=torch.empty(2, 3, 896, 896, device="meta"))
    bridge = next(b for b in prefill(tower, 2, 4096).blocks if b.name == "bridge")
    projection = next(o for o in bridge.operators if o.name == "bridge")
    assert projection.vectors == 2 * 256
    assert 2 * prefill(tower, 2, 4096).macs == counter.get_total_flops()
