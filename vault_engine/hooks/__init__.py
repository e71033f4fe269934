"""What clients run at their events: telling them what is remembered, and keeping what was said."""
