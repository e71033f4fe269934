"""Putting off the search for garbage."""

import gc

import pytest

from vault_engine.garbage import collecting_later


def test_it_is_put_off_and_taken_up_again():
    """One inside another leaves that to the outer one."""
    with collecting_later():
        with collecting_later():
            assert not gc.isenabled()
        assert not gc.isenabled()

    assert gc.isenabled()


def test_it_is_taken_up_again_whatever_happens():
    """Also after a failure."""
    with pytest.raises(ZeroDivisionError), collecting_later():
        1 / 0  # noqa: B018

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
