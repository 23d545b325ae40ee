# The five zones by PySpark: python spark.py LAKE OUT THREADS.
import sys

from pyspark.sql import SparkSession

lake, out, threads = sys.argv[1:4]
spark = (
    SparkSession.builder.master(f"local[{threads}]")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.shuffle.partitions", threads)
    .config("spark.driver.memory", "4g")
    .config("spark.local.dir", f"{out}-spark")
    .config("spark.sql.warehouse.dir", f"{out}-spark/warehouse")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")

customer_fields = """customerName, email, phone, birthDay, serialNumber, registrationDate, lastUpdateDate,
  shareWithResearchAsOfDate, shareWithPublicAsOfDate, shareWithFriendsAsOfDate"""


def landing(table, schema):
    spark.read.schema(schema).json(f"{lake}/{table}/landing").createOrReplaceTempView(f"{table}_landing")


def view(name, query, keep=False):
    frame = spark.sql(query)
    (frame.cache() if keep else frame).createOrReplaceTempView(name)


def write(zone, query):
    spark.sql(query).write.json(f"{out}/{zone}")


landing("customer", """customerName STRING, email STRING, phone STRING, birthDay STRING, serialNumber STRING,
  registrationDate BIGINT, lastUpdateDate BIGINT, shareWithResearchAsOfDate BIGINT, shareWithPublicAsOfDate BIGINT,
  shareWithFriendsAsOfDate BIGINT""")
landing("accelerometer", "user STRING, timestamp BIGINT, x DOUBLE, y DOUBLE, z DOUBLE")
landing("step_trainer", "sensorReadingTime BIGINT, serialNumber STRING, distanceFromObject BIGINT")

# Of two words of one date, no wins: it has the greater rank.
view("snapshot", """SELECT *, coalesce(shareWithResearchAsOfDate, 0) > 0 AS yes, lower(email) AS person,
  lower(serialNumber) AS serial,
  lastUpdateDate * 2 + CASE WHEN coalesce(shareWithResearchAsOfDate, 0) > 0 THEN 0 ELSE 1 END AS rank
  FROM customer_landing""", True)
view("consenting", "SELECT person FROM snapshot GROUP BY person HAVING max_by(yes, rank)")
view("customer_trusted", f"""SELECT r.* FROM (SELECT last.* FROM (
    SELECT max_by(struct({customer_fields}, person, serial, yes), rank) AS last
    FROM snapshot GROUP BY person, serial)) r
  LEFT SEMI JOIN consenting c ON r.person = c.person WHERE r.yes""", True)
write("customer/trusted", f"SELECT {customer_fields} FROM customer_trusted")

view("accelerometer", """SELECT a.*, lower(a.user) AS person FROM accelerometer_landing a
  LEFT SEMI JOIN customer_trusted t ON lower(a.user) = t.person""", True)
write("accelerometer/trusted", "SELECT user, timestamp, x, y, z FROM accelerometer")

view("customer_curated", """SELECT t.* FROM customer_trusted t
  LEFT SEMI JOIN accelerometer a ON t.person = a.person""", True)
write("customer/curated", f"SELECT {customer_fields} FROM customer_curated")

view("withheld", """SELECT DISTINCT s.serial FROM snapshot s
  LEFT ANTI JOIN customer_trusted t ON t.person = s.person AND t.serial = s.serial""")
view("steps", """SELECT s.*, lower(s.serialNumber) AS serial FROM step_trainer_landing s
  LEFT SEMI JOIN customer_curated c ON lower(s.serialNumber) = c.serial
  LEFT ANTI JOIN withheld w ON lower(s.serialNumber) = w.serial""", True)
write("step_trainer/trusted", "SELECT sensorReadingTime, serialNumber, distanceFromObject FROM steps")

write("machine_learning/curated", """
  SELECT s.sensorReadingTime, s.serialNumber, s.distanceFromObject, a.x, a.y, a.z
  FROM steps s JOIN customer_curated c ON c.serial = s.serial
  JOIN accelerometer a ON a.person = c.person AND a.timestamp = s.sensorReadingTime""")
spark.stop()
