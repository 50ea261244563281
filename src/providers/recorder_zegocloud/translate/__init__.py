"""From neutral to wire and, of answers, back: with `decode`, the only place that knows both vocabularies."""
