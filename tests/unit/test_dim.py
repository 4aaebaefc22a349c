import copy
import pickle

import numpy as np
import pytest

from tensorgate import Dim, RaggedTensorSpec, Signature, TensorSpec

MOST = 2**63 - 1


def zeros(*shape):
    return np.zeros(shape, np.float32)


def lines(contract, value):
    violations = contract.violations(value)
    assert contract.accepts(value) is (not violations)
    return [str(violation) for violation in violations]


def test_a_dim_tells_its_parts():
    dim = Dim("seq", min=1, max=512, multiple_of=8)
    assert (dim.name, dim.min, dim.max, dim.multiple_of) == ("seq", 1, 512, 8)
    free = Dim()
    assert (free.name, free.min, free.max, free.multiple_of) == (None, 0, None, 1)


def test_numpys_integers_are_sizes():
    assert Dim(min=np.int8(3), max=np.uint64(7), multiple_of=np.int64(2)) == Dim(min=3, max=7, multiple_of=2)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"min": -1}, "min is -1; it can't be negative"),
        ({"max": -1}, "max is -1; it can't be negative"),
        ({"multiple_of": -2}, "multiple_of is -2; it can't be negative"),
        ({"multiple_of": 0}, "multiple_of is 0; it must be 1 or more"),
        ({"min": 2**63}, "min is over 2**63 - 1"),
        ({"max": 2**63}, "max is over 2**63 - 1"),
        ({"multiple_of": 2**64}, "multiple_of is over 2**63 - 1"),
        ({"min": 3, "max": 2}, "min 3 is over max 2"),
        ({"min": 1, "max": 0}, "min 1 is over max 0"),
        ({"min": 5, "max": 7, "multiple_of": 4}, "no multiple of 4 lies between min 5 and max 7"),
        ({"min": 1, "max": 3, "multiple_of": 4}, "no multiple of 4 lies between min 1 and max 3"),
        ({"min": MOST, "multiple_of": 2}, f"no multiple of 2 lies between min {MOST} and max {MOST}"),
        ({"name": ""}, "the name of a dimension is empty; None is an unknown one"),
        ({"name": "\ud800"}, "the name of a dimension holds a lone surrogate, which UTF-8 does not have"),
    ],
    ids=ascii,
)
def test_rules_that_no_size_satisfies_are_refused(kwargs, message):
    with pytest.raises(ValueError, match="^.") as caught:
        Dim(**kwargs)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"name": 5}, "the name of a dimension is an int; it must be a str"),
        ({"name": b"x"}, "the name of a dimension is a bytes; it must be a str"),
        ({"min": True}, "min is a bool; it must be an int"),
        ({"min": None}, "min is a NoneType; it must be an int"),
        ({"min": "3"}, "min is a str; it must be an int"),
        ({"max": 1.0}, "max is a float; it must be an int"),
        ({"multiple_of": None}, "multiple_of is a NoneType; it must be an int"),
    ],
    ids=ascii,
)
def test_what_is_no_rule_is_refused(kwargs, message):
    with pytest.raises(TypeError) as caught:
        Dim(**kwargs)
    assert str(caught.value) == message


def test_rules_are_given_by_name():
    with pytest.raises(TypeError):
        Dim("seq", 1)


DIMS = [
    *(Dim(), Dim("n"), Dim("n", min=1), Dim("n", max=0), Dim(min=2, max=2), Dim(min=MOST), Dim(multiple_of=MOST)),
    *(Dim("n", min=1, max=512, multiple_of=8), Dim("größe", max=MOST - 1), Dim('it\'s "x"\n', min=1)),
]


@pytest.mark.parametrize("dim", DIMS, ids=repr)
def test_a_dim_survives_repr_pickle_and_copy(dim):
    twins = [eval(repr(dim)), copy.copy(dim), copy.deepcopy(dim)]
    twins += [pickle.loads(pickle.dumps(dim, protocol)) for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)]
    for twin in twins:
        assert twin == dim
        assert hash(twin) == hash(dim)
        assert repr(twin) == repr(dim)


def test_dims_are_equal_as_their_rules_and_names_are():
    for i, dim in enumerate(DIMS):
        assert [dim == other for other in DIMS] == [i == j for j in range(len(DIMS))]
        assert dim not in (None, 3, "n", object())


def test_the_largest_size_as_the_maximum_is_none():
    assert Dim(max=MOST) == Dim()


def test_a_dim_can_not_change():
    dim = Dim("n", min=1)
    for attribute in ("name", "min", "max", "multiple_of", "new"):
        with pytest.raises(AttributeError):
            setattr(dim, attribute, 3)
    with pytest.raises(TypeError):
        type("Sub", (Dim,), {})


def test_a_shape_gives_back_what_was_put_in():
    ruled = Dim("seq", max=8)
    spec = TensorSpec((2, None, "batch", ruled, Dim(min=1)))
    assert spec.shape == (2, None, "batch", ruled, Dim(min=1))
    assert eval(repr(spec)) == spec == pickle.loads(pickle.dumps(spec))
    assert hash(eval(repr(spec))) == hash(spec)
    assert repr(spec) == "TensorSpec(shape=(2, None, 'batch', Dim('seq', max=8), Dim(None, min=1)), dtype='float32')"


def test_a_dim_without_rules_is_its_name():
    assert TensorSpec((Dim("batch"), Dim())) == TensorSpec(("batch", None))
    assert TensorSpec((Dim("batch"), Dim())).shape == ("batch", None)


def test_specs_differ_by_the_rules_of_their_dims():
    specs = [TensorSpec((dim,)) for dim in DIMS]
    assert len(set(specs)) == len(DIMS)
    assert TensorSpec((Dim(min=2, max=2),)) != TensorSpec((2,))


@pytest.mark.parametrize(
    ("dim", "good", "bad"),
    [
        (Dim(max=3), [0, 1, 3], [4]),
        (Dim(max=0), [0], [1]),
        (Dim(min=2), [2, 3, 1000], [0, 1]),
        (Dim(min=2, max=2), [2], [0, 1, 3]),
        (Dim(multiple_of=3), [0, 3, 300], [1, 2, 4, 301]),
        (Dim(min=1, max=24, multiple_of=8), [8, 16, 24], [0, 1, 7, 9, 23, 25, 32]),
        (Dim(multiple_of=MOST), [0], [1]),
        (Dim(min=MOST), [], [0, 1]),
    ],
    ids=repr,
)
@pytest.mark.parametrize("name", [None, "n"])
def test_a_size_must_satisfy_the_rules(dim, good, bad, name):
    dim = Dim(name, min=dim.min, max=dim.max, multiple_of=dim.multiple_of)
    spec, signature = TensorSpec((dim, None)), Signature({"x": TensorSpec((dim, None))})
    for size in good:
        assert lines(spec, zeros(size, 2)) == []
        assert lines(signature, {"x": zeros(size, 2)}) == []
    for size in bad:
        (violation,) = spec.violations(zeros(size, 2))
        assert (violation.code, violation.index, violation.count) == ("dim", (0,), 1)
        assert not spec.accepts(zeros(size, 2))
        assert not signature.accepts({"x": zeros(size, 2)})


def test_sizes_past_memory_are_judged_too():
    huge = np.broadcast_to(np.float32(0), (2**40,))
    assert TensorSpec((Dim(min=2**40, max=2**40),)).accepts(huge)
    assert not TensorSpec((Dim(min=2**40 + 1),)).accepts(huge)
    assert not TensorSpec((Dim(max=2**40 - 1),)).accepts(huge)


@pytest.mark.parametrize(
    ("dim", "told"),
    [
        (Dim(max=3), "None (at most 3)"),
        (Dim(min=8), "None (at least 8)"),
        (Dim("n", min=2, max=2), "n (exactly 2)"),
        (Dim("n", max=0), "n (exactly 0)"),
        (Dim("n", min=1, max=4), "n (1 to 4)"),
        (Dim(multiple_of=3), "None (a multiple of 3)"),
        (Dim("seq", min=1, max=512, multiple_of=8), "seq (1 to 512, a multiple of 8)"),
    ],
    ids=repr,
)
def test_a_message_tells_the_rules(dim, told):
    assert lines(TensorSpec((dim,)), zeros(7)) == [f"input  dim: expected [{told}], got [7]"]


def test_all_bad_dimensions_of_a_tensor_are_one_violation():
    spec = TensorSpec((Dim(min=1), 3, Dim(multiple_of=8)))
    (violation,) = spec.violations(zeros(0, 3, 9))
    assert (violation.code, violation.index, violation.count) == ("dim", (0,), 2)
    assert violation.expected == "[None (at least 1), 3, None (a multiple of 8)]"


def test_dims_without_a_name_are_free_of_each_other():
    assert TensorSpec((Dim(min=1), Dim(min=1))).accepts(zeros(1, 2))


SHARED = Signature({"a": TensorSpec((Dim("n", min=2),)), "b": TensorSpec((3, Dim("n", min=2)))})


@pytest.mark.parametrize(
    ("a", "b", "told"),
    [
        ((2,), (3, 2), []),
        (
            (2,),
            (3, 3),
            ["inputs['b']  dim_mismatch: expected n = 2 as on axis 0 of inputs['a'], got 3 on axis 1"],
        ),
        (
            (1,),
            (3, 1),
            [
                "inputs['a']  dim: expected [n (at least 2)], got [1]",
                "inputs['b']  dim: expected [3, n (at least 2)], got [3, 1]",
            ],
        ),
        (
            (3,),
            (3, 1),
            [
                "inputs['b']  dim: expected [3, n (at least 2)], got [3, 1]",
                "inputs['b']  dim_mismatch: expected n = 3 as on axis 0 of inputs['a'], got 1 on axis 1",
            ],
        ),
    ],
)
def test_a_named_dim_is_one_size_in_a_batch(a, b, told):
    assert lines(SHARED, {"a": zeros(*a), "b": zeros(*b)}) == told
    turned = SHARED.accepts({"b": zeros(*b), "a": zeros(*a)})
    assert turned is (not told)


def test_a_named_dim_of_one_tensor_is_one_size():
    square = TensorSpec((Dim("n", max=4), Dim("n", max=4)))
    assert lines(square, zeros(4, 4)) == []
    assert lines(square, zeros(3, 4)) == ["input  dim_mismatch: expected n = 3 as on axis 0 of input, got 4 on axis 1"]


def test_an_absent_optional_input_binds_no_size():
    n = Dim("n", min=1)
    signature = Signature({"a": TensorSpec((n,), optional=True), "b": TensorSpec((n,)), "c": TensorSpec((n,))})
    assert lines(signature, {"b": zeros(2), "c": zeros(2)}) == []
    assert lines(signature, {"a": zeros(3), "b": zeros(2), "c": zeros(2)}) == [
        "inputs['b']  dim_mismatch: expected n = 3 as on axis 0 of inputs['a'], got 2 on axis 0",
        "inputs['c']  dim_mismatch: expected n = 3 as on axis 0 of inputs['a'], got 2 on axis 0",
    ]


def test_more_names_than_the_quick_look_holds_are_judged():
    count = 500
    signature = Signature({f"x{i}": TensorSpec((Dim(f"n{i}", max=2), "n0" if i else None)) for i in range(1, count)})
    batch = {f"x{i}": zeros(2, 5) for i in range(1, count)}
    assert lines(signature, batch) == []
    batch["x499"] = zeros(3, 4)
    assert lines(signature, batch) == [
        "inputs['x499']  dim: expected [n499 (at most 2), n0], got [3, 4]",
        "inputs['x499']  dim_mismatch: expected n0 = 5 as on axis 1 of inputs['x1'], got 4 on axis 1",
    ]


@pytest.mark.parametrize(
    ("make", "where", "rules"),
    [
        (
            lambda: TensorSpec((Dim("n", max=3), "n")),
            "axis 0 of the shape and on axis 1 of the shape",
            "n (at most 3) and n",
        ),
        (
            lambda: Signature({"a": TensorSpec(("n",)), "b": TensorSpec((None, Dim("n", min=3, max=3)))}),
            "axis 0 of inputs['a'] and on axis 1 of inputs['b']",
            "n and n (exactly 3)",
        ),
        (
            lambda: Signature({"a": [TensorSpec((Dim("n", max=3),)), {"b": TensorSpec((Dim("n", max=4),))}]}),
            "axis 0 of inputs['a'][0] and on axis 0 of inputs['a'][1]['b']",
            "n (at most 3) and n (at most 4)",
        ),
        (
            lambda: Signature({}, {"a": TensorSpec(("n",)), "b": TensorSpec((Dim("n", min=1),))}),
            "axis 0 of outputs['a'] and on axis 0 of outputs['b']",
            "n and n (at least 1)",
        ),
        (
            lambda: RaggedTensorSpec((Dim("n", max=2), Dim("n", max=3))),
            "axis 0 of the shape and on axis 1 of the shape",
            "n (at most 2) and n (at most 3)",
        ),
    ],
)
def test_one_name_with_two_sets_of_rules_is_refused(make, where, rules):
    with pytest.raises(ValueError, match="^dimension") as caught:
        make()
    want = f"dimension 'n' on {where} has two sets of rules: {rules}; write the same Dim in both places"
    assert str(caught.value) == want


def test_a_name_means_the_same_in_inputs_and_outputs():
    with pytest.raises(ValueError, match=r"^dimension 'n' on axis 0 of inputs\['a'\] and on axis 0 of outputs\['y'\]"):
        Signature({"a": TensorSpec((Dim("n", max=3),))}, {"y": TensorSpec(("n",))})


@pytest.mark.parametrize("other", [TensorSpec(("n",)), RaggedTensorSpec(("n", None))])
def test_a_name_of_a_ragged_dimension_and_of_another_is_refused(other):
    with pytest.raises(ValueError, match="^dimension") as caught:
        Signature({"a": RaggedTensorSpec((None, "n")), "b": other})
    where = "axis 1 of inputs['a'] and on axis 0 of inputs['b']"
    assert str(caught.value) == f"dimension 'n' on {where} is ragged in one place and not in the other"


def test_a_default_must_satisfy_the_rules():
    assert TensorSpec((Dim(max=3),), default=[1, 2]).default.tolist() == [1, 2]
    with pytest.raises(ValueError, match="^default") as caught:
        TensorSpec((Dim(max=3),), default=[1, 2, 3, 4])
    assert str(caught.value) == "default has the shape [4], the spec [None (at most 3)]"


def test_a_hint_proposes_only_sizes_that_the_rules_allow():
    spec = TensorSpec(("b", Dim(max=8), 3))
    assert lines(spec, zeros(8, 3)) == [
        "input  rank: expected [b, None (at most 8), 3], got [8, 3]; "
        "the batch dimension is missing: for a single example send [1, 8, 3]"
    ]
    assert lines(spec, zeros(9, 3)) == ["input  rank: expected [b, None (at most 8), 3], got [9, 3]"]
