"""How well recall finds what answers, measured on known questions through the public interface."""
