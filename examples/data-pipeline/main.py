"""Load one day's orders into a warehouse: two sources, a loop with error handling, a poll until it is done.

The run's input says which day: {"day": "2026-11-23"}.
"""

from stigmer import EnvVar, Workflow, case, data, env_var, otherwise, secret

MOST_REJECTED = 10
POLL_SECONDS = 5

wf = Workflow(
    "load-orders",
    namespace="pipelines",
    description="Loads one day's orders into the warehouse, in euros.",
    env=[
        EnvVar("SHOP_URL", default="https://shop.example.com/api"),
        EnvVar("WAREHOUSE_URL", default="https://warehouse.example.com/api"),
        EnvVar("WAREHOUSE_TOKEN", secret=True, description="May write to the orders table."),
    ],
)
shop = env_var("SHOP_URL")
warehouse = f"{env_var('WAREHOUSE_URL')}/orders"
authorization = {"Authorization": f"Bearer {secret('WAREHOUSE_TOKEN')}"}

wf.set("start", accepted=0, rejected=0)

orders = wf.http_get("fetch_orders", f"{shop}/orders?day={wf.input.day}")
rates = wf.http_get("fetch_rates", f"{shop}/rates?day={wf.input.day}")

# A bad order is counted and left out; it does not stop the others.
with wf.for_each("each_order", orders["orders"], each="order") as order:
    with wf.try_("load_order") as load_order:
        wf.switch(
            "is_valid",
            case("paid", when=(order.total > 0) & (order.currency != None), then="store"),  # noqa: E711 - jq's null
            otherwise(then="refuse"),
        )
        wf.raise_error("refuse", "validation", f"order {order.id} has no total or no currency")
        wf.http_post(
            "store",
            warehouse,
            headers=authorization,
            body={"id": order.id, "day": wf.input.day, "euros": order.total * rates["EUR"][order.currency]},
        )
        wf.set("count_accepted", accepted=data.accepted + 1)
    with load_order.catch() as error:
        wf.set("count_rejected", rejected=data.rejected + 1, last_problem=f"{order.id}: {error.message}")

wf.switch(
    "verdict",
    case("too_many", when=data.rejected > MOST_REJECTED, then="give_up"),
    otherwise(then="publish"),
)

# Publishing takes the warehouse a while: ask again every few seconds until it is done.
job = wf.http_post("publish", f"{warehouse}/publish", headers=authorization, body={"day": wf.input.day})
wf.wait("pause", POLL_SECONDS)
progress = wf.http_get("progress", f"{warehouse}/jobs/{job['id']}", headers=authorization)
wf.switch(
    "is_done",
    case("done", when=progress["state"] == "done", then="report"),
    case("failed", when=progress["state"] == "failed", then="publish_failed"),
    otherwise(then="pause"),
)

wf.set("report", summary=f"{data.accepted} orders loaded, {data.rejected} left out").then("end")

wf.raise_error("publish_failed", "runtime", f"the warehouse could not publish {wf.input.day}: {progress['reason']}")

wf.raise_error("give_up", "validation", f"{data.rejected} orders were refused, the last one: {data.last_problem}")
