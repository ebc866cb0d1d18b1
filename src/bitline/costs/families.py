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


CAPACITOR = (
    "a metal capacitor of 1.2 fF above the cell [recalled] and as much again on the node that drives it [assumption]"
)
FAMILIES = {
    "reram": Family(
        g_max_siemens=1 / 10e3,
        on_off_ratio=17.0,
        read_voltage_v=0.4,
        read_s=10e-9,
        write_voltage_v=2.0,
        write_pulse_s=10e-9,
        area_f2=48.0,
        source="medians of the ReRAM cells of ISAAC, NeuroSim, MNSIM, NVSim and NeuRRAM [stated]: 10 k ohm (1.3 k to "
        "250 k), on/off 17 (4 to 100), 0.4 V (0.15 to 0.5 V), 48 F2 (16 to 126); 10 ns of NeuroSim",
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
    "sram": Family(write_pulse_s=1e-9, source="SRAM: written in 1 ns [assumption]"),
    "sram-8t1c": Family(write_pulse_s=1e-9, capacitance_farad=2.4e-15, source=CAPACITOR),
    "sram-9t1c": Family(write_pulse_s=1e-9, capacitance_farad=2.4e-15, source=CAPACITOR),
    "sram-10t1c": Family(write_pulse_s=1e-9, capacitance_farad=2.4e-15, source=CAPACITOR),
    "flash": Family(
        g_max_siemens=1.6e-5,
        on_off_ratio=1e7,
        read_voltage_v=0.1,
        read_s=100e-9,
        write_voltage_v=10.0,
        write_pulse_s=100e-6,
        area_f2=10.0,
        source="SONOS of CrossSim: 1.6 uA at 0.1 V [stated]; ESF1 pulses of 100 us [second-hand]; 100 ns to read, "
        "10 V to write, 10 F2 [assumption]",
    ),
    "gain-cell": Family(
        write_pulse_s=10e-9,
        area_f2=100.0,
        source="gain cell: 10 ns to write, 100 F2 of two or three transistors "
        "[assumption]; Leroux 2025: about 1 um2 for six [second-hand]",
    ),
    "dram": Family(write_pulse_s=10e-9, area_f2=6.0, source="DRAM: 6 F2, 10 ns to write [recalled]"),
    "fefet": Family(write_voltage_v=2.0, write_pulse_s=20e-9, source="vertical FeFET: 2 V, 20 ns [second-hand]"),
}
NEVER = Family(source="no source for this technology")


@lru_cache(maxsize=1024)
def family(technology: str) -> Family:
    """Give what is known of a technology by the longest name in it (`reram-2bit` is `reram`)."""
    matches = [name for name in FAMILIES if name in technology.lower()]
    return FAMILIES[max(matches, key=len)] if matches else NEVER
