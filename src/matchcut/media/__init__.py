"""Video and sound by PyAV: probe, frames, sound, subtitle streams, cuts."""
