"""OPT: GPT-2-like with relu; the 350M size has a narrow token table and norms after the sums."""

from __future__ import annotations

from bitline.workload.attention import ALL_BIASES, Attention
from bitline.workload.config import Config
from bitline.workload.decoder import Trunk, decoder
from bitline.workload.feed_forward import FeedForward
from bitline.workload.layer import Layer
from bitline.workload.model import Design
from bitline.workload.norm import LAYERNORM
from bitline.workload.rotary_decoder import activation

MODEL_TYPES = ("opt",)


def design(config: Config) -> Design:
    """Learned positions (two rows of the table are never used), plain relu network, tied head."""
    hidden, biases = config.count("hidden_size"), config.flag("enable_bias", True)
    heads = config.dividing("num_attention_heads", hidden, "hidden_size")
    before = config.flag("do_layer_norm_before", True)
    layer = Layer(
        hidden=hidden,
        norm=LAYERNORM,
        sublayers=(
            Attention(
                hidden=hidden,
                heads=heads,
                kv_heads=heads,
                head_dim=hidden // heads,
                biases=ALL_BIASES if biases else (),
            ),
            FeedForward(
                hidden=hidden,
                inner=config.count("ffn_dim"),
                function=activation(config, "activation_function", "relu"),
                biases=biases,
            ),
        ),
        arrangement="before" if before else "after_sum",
    )
    positions = config.count("max_position_embeddings", 2048)
    around = Trunk(
        hidden=hidden,
        vocabulary=config.count("vocab_size"),
        context_limit=positions,
        positions=positions,
        spare_positions=2,
        norm=LAYERNORM if before and not config.flag("_remove_final_layer_norm", False) else None,
        tied=config.flag("tie_word_embeddings", True),
        table_width=config.count("word_embed_proj_dim", hidden),
        scores=config.has_scores(),
    )
    return decoder(around, [("layers", config.layers("num_hidden_layers"), layer)])
