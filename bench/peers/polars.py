# The five zones by Polars: python polars.py LAKE OUT. POLARS_MAX_THREADS says how many threads.
import os
import sys

sys.path.pop(0)  # else this file would be the module `polars`
import polars as pl  # noqa: E402

lake, out = sys.argv[1:3]
S, I, F = pl.String, pl.Int64, pl.Float64
customer = dict(
    customerName=S, email=S, phone=S, birthDay=S, serialNumber=S, registrationDate=I, lastUpdateDate=I,
    shareWithResearchAsOfDate=I, shareWithPublicAsOfDate=I, shareWithFriendsAsOfDate=I,
)


def landing(table, schema):
    return pl.scan_ndjson(f"{lake}/{table}/landing/*.json", schema=schema)


def write(zone, frame):
    os.makedirs(f"{out}/{zone}")
    frame.lazy().sink_ndjson(f"{out}/{zone}/part-0.json", maintain_order=False)


yes = pl.col("shareWithResearchAsOfDate").fill_null(0) > 0
snapshot = (
    landing("customer", customer)
    .with_columns(
        person=pl.col("email").str.to_lowercase(), serial=pl.col("serialNumber").str.to_lowercase(), yes=yes
    )
    .collect()
    # Of two words of one date, no wins: it comes last.
    .sort("lastUpdateDate", pl.col("yes").not_())
)
consenting = snapshot.group_by("person").agg(pl.col("yes").last()).filter("yes")
trusted = (
    snapshot.unique(["person", "serial"], keep="last", maintain_order=True)
    .filter("yes")
    .join(consenting, on="person", how="semi")
)
write("customer/trusted", trusted.select(customer.keys()))

readings = (
    landing("accelerometer", dict(user=S, timestamp=I, x=F, y=F, z=F))
    .with_columns(person=pl.col("user").str.to_lowercase())
    .join(trusted.lazy(), on="person", how="semi")
    .collect(engine="streaming")
)
write("accelerometer/trusted", readings.lazy().select("user", "timestamp", "x", "y", "z"))

curated = trusted.join(readings.select("person").unique(), on="person", how="semi")
write("customer/curated", curated.select(customer.keys()))

withheld = snapshot.join(trusted, on=["person", "serial"], how="anti").select("serial").unique()
serials = curated.select("serial").unique().join(withheld, on="serial", how="anti")
steps = (
    landing("step_trainer", dict(sensorReadingTime=I, serialNumber=S, distanceFromObject=I))
    .with_columns(serial=pl.col("serialNumber").str.to_lowercase())
    .join(serials.lazy(), on="serial", how="semi")
    .collect(engine="streaming")
)
step_fields = ["sensorReadingTime", "serialNumber", "distanceFromObject"]
write("step_trainer/trusted", steps.lazy().select(step_fields))

pairs = (
    steps.lazy()
    .join(curated.lazy().select("serial", "person"), on="serial")
    .join(readings.lazy(), left_on=["person", "sensorReadingTime"], right_on=["person", "timestamp"])
)
write("machine_learning/curated", pairs.select(*step_fields, "x", "y", "z"))
