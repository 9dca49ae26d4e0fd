# Production image: the built front end, then the application with the locked dependencies. No embedded servers.
FROM node:24-slim AS frontend
WORKDIR /build/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci
COPY frontend/ ./
RUN npm run build

FROM python:3.11-slim
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /srv/app
COPY requirements/base.txt requirements/base.txt
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements/base.txt
COPY manage.py ./
COPY saas/ saas/
COPY shared_apps/ shared_apps/
COPY tenant_apps/ tenant_apps/
COPY worker/ worker/
# The user below may not write beside the code, so each process would compile all of it at its start.
RUN python -m compileall -q saas shared_apps tenant_apps worker
COPY frontend/templates/ frontend/templates/
COPY frontend/locale/ frontend/locale/
COPY --from=frontend /build/frontend/dist/ frontend/dist/
RUN useradd --system --uid 10001 --no-create-home app && install -d -o app -m 700 /var/lib/handoff
USER app
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
     "--blocking-threads", "4", "--blocking-threads-idle-timeout", "600", "--http", "1", "--no-ws", \
     "--respawn-failed-workers", "--respawn-interval", "15", "--workers-kill-timeout", "8", \
     "--log-config", "saas/granian-log.json", "saas.wsgi:application"]
