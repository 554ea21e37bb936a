"""A shop that answers 200 to nearly everything, and omits required fields of 401 and 201."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from wirelint.demo.app import App, Call, Reply, as_json
from wirelint.demo.flow import Scenario, flow

_BEARER = {"Authorization": "Bearer demo-shopper"}
_MOST_ORDERS = 1000


def build() -> App:
    """Build the service, without orders."""
    app = App("shop")
    _catalogue(app)
    _account(app)
    _orders(app)
    return app


def _catalogue(app: App) -> None:
    @app.route("GET /products")
    def products(_: Call) -> Reply:
        return as_json(200, {"items": [{"sku": "tea", "price": 4.5}, {"sku": "pot", "price": 21}], "next": None})

    @app.route("GET /products/{sku}")
    def product(call: Call) -> Reply:
        return as_json(200, {"sku": call.captured["sku"], "price": 4.5, "stock": 12})


def _account(app: App) -> None:
    @app.route("POST /login")
    def login(call: Call) -> Reply:
        if call.json().get("password") != "demo-right":
            return as_json(200, {"success": False, "error": "Wrong e-mail or password"})
        return as_json(200, {"success": True, "token": "demo-shopper"})

    @app.route("GET /me")
    def me(call: Call) -> Reply:
        if call.credential != "demo-shopper":
            return as_json(401, {"error": "Authentication required"})
        return as_json(200, {"name": "Demo Shopper", "member": True})

    @app.route("GET /cart")
    def cart(_: Call) -> Reply:
        return as_json(200, {"items": [{"sku": "tea", "count": 2}], "total": 9})

    @app.route("POST /cart/items")
    def add_item(_: Call) -> Reply:
        return Reply(204)

    @app.route("POST /coupons")
    def redeem(call: Call) -> Reply:
        return as_json(200, {"ok": False, "message": f"Coupon {call.json()['code']} has expired"})


def _orders(app: App) -> None:
    orders: OrderedDict[str, dict[str, Any]] = OrderedDict()

    @app.route("POST /orders")
    def place(call: Call) -> Reply:
        order = {"reference": call.json()["reference"], "state": "placed", "total": 9}
        orders[order["reference"]] = order
        if len(orders) > _MOST_ORDERS:
            orders.popitem(last=False)
        return as_json(201, order)

    @app.route("GET /orders/{reference}")
    def order(call: Call) -> Reply:
        known = orders.get(call.captured["reference"])
        return as_json(200, known) if known else as_json(404, {"error": "Order not found"})

    @app.route("GET /payments/{number}")
    def payment(call: Call) -> Reply:
        return as_json(200, {"id": f"pay_{call.captured['number']}", "amount": 900, "status": "failed"})


_PRODUCTS = Scenario(
    name="shop-products",
    shows="A list, as it should be.",
    request="GET /products",
    status=200,
    answer='{"items":[{"sku":"tea","price":4.5},{"sku":"pot","price":21}],"next":null}',
)
_PRODUCT = Scenario(
    name="shop-product",
    shows="One product, as it should be.",
    request="GET /products/tea-{n}",
    status=200,
    answer='{"sku":"tea-{n}","price":4.5,"stock":12}',
)
_WRONG_PASSWORD = Scenario(
    name="shop-wrong-password",
    shows="A failed login gets 200.",
    request="POST /login",
    sends='{"email":"demo@shop.example","password":"demo-wrong"}',
    status=200,
    answer='{"success":false,"error":"Wrong e-mail or password"}',
    rule="ok-with-error-body",
)
_LOGIN = Scenario(
    name="shop-login",
    shows="A login that succeeds.",
    request="POST /login",
    sends='{"email":"demo@shop.example","password":"demo-right"}',
    status=200,
    answer='{"success":true,"token":"demo-shopper"}',
)
_STRANGER = Scenario(
    name="shop-stranger",
    shows="A 401 that does not say how to authenticate.",
    request="GET /me",
    status=401,
    answer='{"error":"Authentication required"}',
    rule="unauthorized-without-challenge",
)
_ME = Scenario(
    name="shop-me",
    shows="The same with credentials: fine.",
    request="GET /me",
    headers=_BEARER,
    status=200,
    answer='{"name":"Demo Shopper","member":true}',
)
_CART = Scenario(
    name="shop-cart",
    shows="A cart, as it should be.",
    request="GET /cart",
    headers=_BEARER,
    status=200,
    answer='{"items":[{"sku":"tea","count":2}],"total":9}',
)
_ADD_ITEM = Scenario(
    name="shop-add-item",
    shows="A 204 without content, as it should be.",
    request="POST /cart/items",
    headers=_BEARER,
    sends='{"sku":"tea-{n}","count":1}',
    status=204,
)
_COUPON = Scenario(
    name="shop-expired-coupon",
    shows="A refused coupon gets 200.",
    request="POST /coupons",
    headers=_BEARER,
    sends='{"code":"SPRING"}',
    status=200,
    answer='{"ok":false,"message":"Coupon SPRING has expired"}',
    rule="ok-with-error-body",
)
_ORDER = Scenario(
    name="shop-place-order",
    shows="A 201 that does not say where the new order is.",
    request="POST /orders",
    headers=_BEARER,
    sends='{"reference":"A-{n}","items":[{"sku":"tea","count":2}]}',
    status=201,
    answer='{"reference":"A-{n}","state":"placed","total":9}',
    rule="created-without-location",
)
_READ_ORDER = Scenario(
    name="shop-read-order",
    shows="The order just placed is there.",
    request="GET /orders/A-{n}",
    headers=_BEARER,
    status=200,
    answer='{"reference":"A-{n}","state":"placed","total":9}',
)
_PAYMENT = Scenario(
    name="shop-failed-payment",
    shows="A payment whose state is failed: data about an error is no error.",
    request="GET /payments/{n}",
    headers=_BEARER,
    status=200,
    answer='{"id":"pay_{n}","amount":900,"status":"failed"}',
)

FLOWS = (
    flow("shopper", _PRODUCTS, _PRODUCT, weight=6),
    flow("shopper", _WRONG_PASSWORD, _LOGIN, _ME, weight=2),
    flow("shopper", _CART, _ADD_ITEM, _ORDER, _READ_ORDER, weight=3),
    flow("mobile app", _CART, _COUPON, weight=2),
    flow("mobile app", _PAYMENT),
    flow("stranger", _STRANGER, weight=2),
    flow("stranger", _PRODUCTS, weight=2),
)
