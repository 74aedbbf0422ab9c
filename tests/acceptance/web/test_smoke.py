async def test_smoke(visit):
    c = await visit(None)
    for p in ("/", "/login", "/services", "/cashier", "/healthz", "/metrics", "/nope", "/static/style.css", "/api/openapi.json", "/api/me", "/api/nope"):
        r = await c.get(p)
        print(p, r.status_code, len(r.content), r.headers.get("content-type"), r.headers.get("cache-control"), r.text[:200] if r.status_code not in (200,) else "")
    c = await visit("son")
    for p in ("/account", "/family", "/family/new"):
        r = await c.get(p)
        print(p, r.status_code, len(r.content), r.url)
