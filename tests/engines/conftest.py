"""One Spark session for all: separate executors, and a session zone that is not the machine's."""

import os
import shutil
import sys

import pytest

# a zone that is neither the machine's nor UTC: a bare datetime in a metric moves by hours and is seen
ZONE = "Asia/Tokyo" if os.environ.get("TZ") != "Asia/Tokyo" else "America/New_York"


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed: pip install -r requirements-spark.txt")
    if not shutil.which("java"):
        pytest.skip("no Java on this machine: install a Java runtime to run it on Spark")
    folder = tmp_path_factory.mktemp("spark")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    options = {
        "spark.sql.session.timeZone": ZONE,
        "spark.sql.shuffle.partitions": "2",
        "spark.default.parallelism": "2",
        "spark.sql.codegen.wholeStage": "false",  # a few rows are read faster than code is compiled for them
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.local.dir": str(folder),
    }
    quiet = folder / "log4j2.properties"
    quiet.write_text("rootLogger.level = off\n", encoding="utf-8")
    options["spark.driver.extraJavaOptions"] = f"-Dlog4j2.configurationFile={quiet.as_uri()}"
    options["spark.executor.extraJavaOptions"] = options["spark.driver.extraJavaOptions"]
    session = sql.SparkSession.builder.master("local-cluster[2,1,1024]").appName("genzaichi tests").config(map=options)
    session = session.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()
