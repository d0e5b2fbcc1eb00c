"""Tags the wheel by the programs in it, which `tools/wheel.sh` puts there: no Python's own, one system's."""

import os

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel


class Programs(Distribution):
    """Not a wheel for any system."""

    def has_ext_modules(self):
        return True


class Tagged(bdist_wheel):
    """For any Python 3 on the platform that `COVID_CT_PLATFORM` names."""

    def get_tag(self):
        return "py3", "none", os.environ["COVID_CT_PLATFORM"]


setup(
    version=os.environ["COVID_CT_VERSION"],
    distclass=Programs,
    cmdclass={"bdist_wheel": Tagged},
)
