"""Cell technologies: what the fact sheet tells of each, used where a description is silent."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import final


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One cell technology; None where no source says anything."""

    g_max_siemens: float | None = None
    on_off_ratio: float | None = None
    read_voltage_v: float | None = None
    read_s: float | None = None
    write_voltage_v: float | None = None
    write_pulse_s: float | None = None
    area_f2: float | None = None
    capacitance_farad: float | None = None
    source: str = ""


FAMILIES = {
    "reram": Family(
        g_max_siemens=1 / 100e3,
        on_off_ratio=100.0,
        read_voltage_v=0.4,
        read_s=10e-9,
        write_voltage_v=2.0,
        write_pulse_s=10e-9,
        area_f2=53.0,
        source="ReRAM of NVSim: 100 k / 10 M ohm, 0.4 V, 53 F2 [stated]; published cells span 1.3 k to 250 k ohm",
    ),
    "pcm": Family(
        g_max_siemens=25e-6,
        on_off_ratio=100.0,
        read_voltage_v=0.2,
        read_s=128e-9,
        write_voltage_v=2.0,
        write_pulse_s=250e-9,
        area_f2=9.0,
        source="PCM: 25 uS at 0.2 V [recalled], 250 ns set of HERMES [stated], 9 F2 of NVSim [stated]",
    ),
    "mram": Family(
        g_max_siemens=1 / 3e3,
        on_off_ratio=2.0,
        read_voltage_v=0.25,
        read_s=10e-9,
        write_voltage_v=0.5,
        write_pulse_s=10e-9,
        area_f2=54.0,
        source="STT-MRAM of NVSim: 3 k / 6 k ohm, 0.25 V, 10 ns, 54 F2 [stated]; 0.5 V to write [assumption]",
    ),
    "ecram": Family(
        g_max_siemens=1 / 625e3,
        on_off_ratio=16.0,
        read_voltage_v=0.5,
        read_s=5e-9,
        write_voltage_v=2.0,
        write_pulse_s=40e-9,
        area_f2=24.0,
        source="ECRAM demonstrator of CiMLoop: 625 k / 10 M ohm, 2 V, 40 ns, 24 F2 [stated]",
    ),
    "sram-8t": Family(write_pulse_s=1e-9, area_f2=400.0, source="8T SRAM: 400 F2 of Wang 2022 [stated]"),
    "sram": Family(write_pulse_s=1e-9, area_f2=146.0, source="6T SRAM: 146 F2 of NVSim [stated]"),
    "fefet": Family(write_voltage_v=2.0, write_pulse_s=20e-9, source="vertical FeFET: 2 V, 20 ns [second-hand]"),
}
NEVER = Family(source="no source for this technology")


@lru_cache(maxsize=1024)
def family(technology: str) -> Family:
    """Give what is known of a technology by the longest name in it (`reram-2bit` is `reram`)."""
    matches = [name for name in FAMILIES if name in technology.lower()]
    return FAMILIES[max(matches, key=len)] if matches else NEVER
