"""From neutral to wire and, of answers, back: the only place that knows both vocabularies."""
