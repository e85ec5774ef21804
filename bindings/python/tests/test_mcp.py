"""`imgcost mcp` before the protocol's official client: an agent that asks before it draws."""

import asyncio
import sys

import imgcost
import pytest
from conftest import BIN
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

CALL = {"model": "gpt-image-2", "quality": "high", "size": "1536x1024", "n": 4, "prompt": "a fox",
        "as_of": "2026-11-21"}
LOW = {"model": "gpt-image-2", "quality": "low", "size": "1024x1024", "prompt": "a fox"}
RESPONSE = {"usage": {"input_tokens": 8, "output_tokens": 196,
                      "input_tokens_details": {"text_tokens": 8, "image_tokens": 0}}}


def with_server(agent, *options):
    """Runs an agent with a session of its own."""
    async def run():
        server = StdioServerParameters(command=str(BIN / "imgcost"), args=["mcp", *options])
        async with stdio_client(server, errlog=sys.stderr) as (read, write), ClientSession(read, write) as session:
            await session.initialize()
            return await agent(session)

    return asyncio.run(asyncio.wait_for(run(), 60))


async def done(session, tool, arguments):
    result = await session.call_tool(tool, arguments)
    assert not result.is_error, result
    return result.structured_content


def test_tools_have_schemas_and_give_the_documents_of_the_module():
    async def agent(session):
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
        assert set(tools) >= {"quote", "compare", "usage", "budget_status", "hold", "settle", "release"}
        assert set(imgcost.PARAMETERS) <= set(tools["quote"].input_schema["properties"])
        assert await done(session, "quote", CALL) == imgcost.quote(**CALL).to_dict()
        axes = {"model": ["gpt-image-2", "gpt-image-2.5-flare"], "quality": "all", "as_of": "2026-11-21"}
        cells = (await done(session, "compare", axes))["cells"]
        assert cells == [cell.to_dict() for cell in imgcost.compare(**axes)]
        charged = await done(session, "usage", {"model": "gpt-image-2", "response": RESPONSE})
        assert charged == imgcost.charge(RESPONSE, model="gpt-image-2").to_dict()
        wrong = await session.call_tool("quote", {"model": "gpt-image-2", "quality": "hihg"})
        assert wrong.is_error and wrong.structured_content["error"]["nearest"] == "high"

    with_server(agent)


def test_an_agent_holds_before_it_draws_and_is_refused_what_does_not_fit(tmp_path):
    ledger = tmp_path / "budget.db"

    async def agent(session):
        hold = await done(session, "hold", LOW)
        refused = await session.call_tool("hold", CALL)
        assert refused.is_error and refused.structured_content["error"]["code"] == "over-budget"
        settled = await done(session, "settle", {"hold": hold["hold"], "response": RESPONSE})
        assert (settled["state"], settled["cost"]) == ("settled", "0.00592")

    with_server(agent, "--ledger", str(ledger), "--budget", "agents/alice", "--cap", "0.01")
    assert str(imgcost.Budget("agents/alice", ledger).left) == "0.00408"


def test_a_server_that_can_t_start_ends():
    with pytest.raises(BaseException):
        with_server(lambda session: session.list_tools(), "--ledger", "no-such-folder/budget.db")
