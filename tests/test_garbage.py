"""Putting off the search for garbage."""

import gc

import pytest

from vault_engine.garbage import collecting_later


def test_it_is_put_off_and_taken_up_again():
    """Whatever happens meanwhile; and one inside another leaves that to the outer one."""
    with pytest.raises(ValueError, match="stop"), collecting_later():
        with collecting_later():
            assert not gc.isenabled()
        assert not gc.isenabled()
        raise ValueError("stop")

    assert gc.isenabled()


def test_who_has_turned_it_off_himself_keeps_it_so():
    """That is his business."""
    gc.disable()
    try:
        with collecting_later():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
