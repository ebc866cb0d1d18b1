"""Models as operators: what a transformer computes in a prefill or a decode step."""

from bitline.workload.catalogue import family_names as family_names
from bitline.workload.catalogue import load_model as load_model
from bitline.workload.catalogue import model_from_config as model_from_config
from bitline.workload.catalogue import module_roles as module_roles
from bitline.workload.mixed import mixed as mixed
from bitline.workload.model import Model as Model
from bitline.workload.presets import PresetSource as PresetSource
from bitline.workload.presets import preset_names as preset_names
from bitline.workload.presets import preset_source as preset_source
from bitline.workload.steps import chunk as chunk
from bitline.workload.steps import decode as decode
from bitline.workload.steps import kv_cache_bytes as kv_cache_bytes
from bitline.workload.steps import prefill as prefill
from bitline.workload.weights import Weight as Weight
from bitline.workload.weights import weights as weights
from bitline.workload.windowed import windowed as windowed
