"""Order what a shop runs out of: a workflow over HTTP services that run beside it (`service.py`)."""

from stigmer import EnvVar, Workflow, case, data, env_var, otherwise

wf = Workflow(
    "restock",
    namespace="shop",
    description="Orders what the shop has too little of.",
    env=[EnvVar("SHOP_URL", default="http://127.0.0.1:18347", description="Where service.py listens.")],
)
shop = env_var("SHOP_URL")

wf.set("start", ordered=0, refused=0)
stock = wf.http_get("fetch_stock", f"{shop}/stock")

# One supplier that refuses does not keep the others from being asked.
with wf.for_each("each_item", stock["items"], each="item") as item:
    wf.switch(
        "runs_out",
        case("too_few", when=item.count < item.least, then="order_item"),
        otherwise(then="exit"),
    )
    with wf.try_("order_item") as order_item:
        wf.http_post("order", f"{shop}/orders", body={"item": item.name, "count": item.least * 2 - item.count})
        wf.set("count_ordered", ordered=data.ordered + 1)
    with order_item.catch() as error:
        wf.set("count_refused", refused=data.refused + 1, last_problem=f"{item.name}: {error.message}")

wf.set("report", summary=f"{data.ordered} ordered, {data.refused} refused")
