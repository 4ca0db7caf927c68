"""What a chart draws, layer by layer."""


def layers(chart):
    """(mark, rows, encoding) of every layer."""
    spec = chart.to_dict()
    return [
        (
            layer["mark"]["type"],
            spec["datasets"].get(layer.get("data", spec.get("data", {})).get("name"), []),
            layer["encoding"],
        )
        for layer in spec["layer"]
    ]
