"""The kinds of engine, one module each: what it holds, how often it uses its parts, and what they cost."""

from bitline.engines.kinds import engine_kinds as engine_kinds
