"""Measures Memwell through its public interface; every program here is described in docs/performance.md."""
