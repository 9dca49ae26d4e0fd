"""The assistant's one operation."""

from django.http import HttpResponse
from ninja import Router

from shared_apps.ratelimits import hit
from shared_apps.tenants.http import TenantRequest, check_origin
from tenant_apps.assistant.schemas import MessageIn, MessageOut
from tenant_apps.assistant.services import take_turn
from tenant_apps.booking.selectors import get_snapshot

router = Router(by_alias=True)


def _assistant_gate(request: TenantRequest) -> bool:
    check_origin(request)
    hit("RATE_ASSISTANT", request.tenant.schema_name, request.client_ip)
    return True


@router.post("/assistant/messages", response=MessageOut, auth=_assistant_gate, tags=["visitor"])
def post_message(request: TenantRequest, response: HttpResponse, body: MessageIn) -> MessageOut:
    """Answer one message of a visitor. Stateless and deterministic; stores nothing.

    The header Content-Language says in which language the reply is.
    """
    turn = take_turn(
        snapshot=get_snapshot(tenant=request.tenant),
        message=body.message,
        slots=body.slots.to_slots(),
        asking=body.asking,
    )
    response["Content-Language"] = turn.language
    return MessageOut(
        reply=turn.reply,
        slots=turn.slots,
        asking=turn.asking,
        suggestions=list(turn.suggestions),
        done=turn.done,
    )
