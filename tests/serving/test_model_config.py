"""TensorFlow Serving's models.config."""

import pytest

from tensorgate.serving.model_config import ModelConfig, read_model_configs


@pytest.fixture
def read(tmp_path):
    def read_text(text):
        file = tmp_path / "models.config"
        file.write_text(text)
        return read_model_configs(file)

    return read_text


def test_the_guides_example_is_read(read):
    """TensorFlow Serving's documentation, "Model Server Configuration", in its own words."""
    text = """
    model_config_list {
      config {
        name: 'my_first_model'
        base_path: '/tmp/my_first_model/'
        model_platform: 'tensorflow'
        model_version_policy { specific { versions: 42 versions: 43 } }
        version_labels { key: 'stable' value: 43 }
        version_labels { key: 'canary' value: 42 }
      }
      config { name: 'my_second_model' base_path: '/tmp/my_second_model/' model_platform: 'tensorflow' }
      config { name: "third" base_path: "/3" model_version_policy: { latest { num_versions: 2 } } }
      config { name: "fourth" base_path: "/4" model_version_policy { all: {} } }  # a comment
    }
    """
    first, second, third, fourth = read(text)
    labels = {"stable": 43, "canary": 42}
    assert first == ModelConfig("my_first_model", "/tmp/my_first_model/", 1, (42, 43), labels)
    assert second == ModelConfig("my_second_model", "/tmp/my_second_model/")
    assert (third.latest, fourth.latest) == (2, 0)


def test_what_does_not_matter_here_is_passed_over(read):
    logging = 'logging_config { log_collector_config { type: "x" } sampling_config { sampling_rate: 1 } }'
    text = f'model_config_list {{ config {{ name: "a" base_path: "/a" {logging} }} }}'
    assert read(text) == [ModelConfig("a", "/a")]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "there is no model"),
        ("model_config_list { }", "there is no model"),
        ("custom_model_config { }", "there is no model"),
        ("model_config_list { config { name: 3 } }", "1:36"),
        ("model_config_list {", "Expected"),
        ('model_config_list { config { name: "a" } }', "without a name or a base_path"),
        ('model_config_list { config { base_path: "/a" } }', "without a name or a base_path"),
        (
            'model_config_list { config { name: "a" base_path: "/a" model_version_policy { specific {} } } }',
            "a specific policy without versions",
        ),
    ],
)
def test_what_is_no_configuration_is_told_with_the_place(read, text, why):
    with pytest.raises(ValueError, match=why) as raised:
        read(text)
    assert "models.config: " in str(raised.value)


def test_policies_choose_versions():
    on_disk = [3, 1, 10, 2]
    assert ModelConfig("a", "/a").served(on_disk) == [10]
    assert ModelConfig("a", "/a", latest=2).served(on_disk) == [10, 3]
    assert ModelConfig("a", "/a", latest=0).served(on_disk) == [10, 3, 2, 1]
    assert ModelConfig("a", "/a", specific=(2, 3, 99)).served(on_disk) == [3, 2]
