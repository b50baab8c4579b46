"""The composition root: the only module that knows every concrete class."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator
from typing import Any, Self

from litestar import Litestar
from litestar.types import ASGIApp
from mcp.server.mcpserver import MCPServer

from app.api.application import UseCases, create_application, mcp_server
from app.api.memanto_v2.context import MemantoUseCases
from app.api.memind_v1.handlers import Writing
from app.connections import (
    Neo4jAddress,
    create_chat,
    create_embedder,
    create_language_model,
    open_database,
    prepare_schema,
)
from app.domain.retrieval import QueryLog
from app.domain.usage import Meter
from app.extraction.facts import load_reader
from app.extraction.grammar import stop_parsing
from app.graph.database import Database
from app.models.local.extractor import LocalExtractor
from app.models.openai.endpoint import Endpoint
from app.models.openai.extractor import ModelExtractor
from app.models.ports import Embedder, Extractor, LanguageModel
from app.services.access.audit import Audit
from app.services.access.keys import Keys
from app.services.bundles.accept_import import AcceptImport
from app.services.bundles.export_memory import ExportMemory
from app.services.bundles.run_import import RunImport
from app.services.extraction.ask_model import AskModel
from app.services.extraction.describe_images import DescribeImages
from app.services.extraction.extract_window import ExtractWindow
from app.services.extraction.finish_operation import FinishOperation
from app.services.extraction.index_raw_data import IndexRawData
from app.services.extraction.join_entities import MergeEntities, SplitEntity
from app.services.extraction.refresh_insights import RefreshInsights
from app.services.forgetting.delete_facts import DeleteFacts
from app.services.forgetting.forget import AcceptForget, RunForget
from app.services.memanto.answer_question import AnswerQuestion
from app.services.memanto.apply_changes import ApplyChanges
from app.services.memanto.choose_model import ChooseModel
from app.services.memanto.conflicts import Conflicts
from app.services.memanto.extract_typed_facts import ExtractTypedFacts
from app.services.memanto.policies import Policies, PurgeExpired
from app.services.memanto.read_file import ReadFile
from app.services.memanto.recall import Recall
from app.services.memanto.session_secret import session_secret
from app.services.memanto.sessions import Agents, Sessions
from app.services.memanto.submit_changes import ChangeFact, SubmitChanges
from app.services.memanto.summarize_day import SummarizeDay
from app.services.operations.accept import AcceptOperation
from app.services.operations.answer_once import AnswerOnce
from app.services.operations.check_backlog import CheckBacklog
from app.services.operations.follow import (
    AwaitOperation,
    CancelOperation,
    GetOperation,
    ListOperations,
    RetryOperations,
    WatchOperation,
)
from app.services.operations.signals import Signals
from app.services.retrieval.assemble_results import AssembleResults
from app.services.retrieval.build_context import BuildContext
from app.services.retrieval.direct_channels import DirectChannels
from app.services.retrieval.explore import Explore
from app.services.retrieval.link_entities import LinkEntities
from app.services.retrieval.queries import QueryItems, QueryRawData
from app.services.retrieval.reason import Reason
from app.services.retrieval.retrieve import RetrieveMemory
from app.services.retrieval.retrieve_deep import DeepWeights, RetrieveDeep
from app.services.retrieval.search_residual import SearchResidual
from app.services.retrieval.traces import GetTrace
from app.services.retrieval.walk_graph import WalkGraph
from app.services.retrieval.warm_up import WarmUp
from app.services.upkeep.clean_up import CleanUp
from app.services.upkeep.health import CheckReadiness
from app.services.upkeep.metrics import ReadMetrics
from app.settings import Settings
from app.worker.process_memory import SLICE_SECONDS, ProcessMemory
from app.worker.record_failure import RecordFailure
from app.worker.worker import Worker

_log = logging.getLogger(__name__)

# The workers' share of a shutdown of ten seconds; requests get the first five.
_STOP_SECONDS = 4.0


def create_retrieve_memory(
    db: Database,
    embedder: Embedder,
    weights: DeepWeights | None = None,
    model: LanguageModel | None = None,
    meter: Meter | None = None,
    logs_questions: QueryLog = QueryLog.OFF,
) -> RetrieveMemory:
    """`weights`: override DEEP's own, for ablation measurements; `model`: for requests that ask for reasoning."""
    return RetrieveMemory(
        DirectChannels(db, embedder),
        LinkEntities(db),
        SearchResidual(db, embedder),
        RetrieveDeep(db, embedder, WalkGraph(db), weights),
        AssembleResults(db),
        Reason(db, embedder, model, meter or Meter()),
        db,
        logs_questions=logs_questions,
    )


class Runtime:
    """One process's database connection, model and use cases. Use as an async context manager.

    `embedder`: one to use instead of the settings' own; it is left open.
    """

    def __init__(self, settings: Settings, address: Neo4jAddress, *, embedder: Embedder | None = None) -> None:
        self.settings = settings
        self.db = open_database(address)
        self.language_model = create_language_model(settings)
        self.keys = Keys(self.db, first_key=settings.api_key)
        # Read from the database before the first request.
        self.session_secret = ""
        self.extractor: Extractor = (
            ModelExtractor(self.language_model.model) if self.language_model else LocalExtractor()
        )
        self._ask_model = AskModel(self.db, self.language_model) if self.language_model else None
        self._vision_model = create_chat(settings, settings.vision_model)
        self._ask_vision = AskModel(self.db, self._vision_model) if self._vision_model else None
        self._owns_embedder = embedder is None
        self.embedder = embedder or create_embedder(settings)
        self._choose_model: ChooseModel | None = None
        self.endpoint = Endpoint(
            api_key=settings.openai_api_key,
            base_url=settings.openai_base_url,
            enabled=settings.passes_chats_on,
            models=settings.chat_models,
        )
        self.signals = Signals()
        self.check_readiness = CheckReadiness(self.db)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._owns_embedder:
            await self.embedder.close()
        if self._choose_model is not None:
            await self._choose_model.close()
        await self.endpoint.close()
        for model in (self.language_model, self._vision_model):
            if model:
                await model.close()
        await self.db.aclose()

    def process_memory(self, *, slice_seconds: float = SLICE_SECONDS) -> ProcessMemory:
        refresh_insights = RefreshInsights(self.db, self.embedder)
        index_raw_data = IndexRawData(self.db, self.embedder)
        extract_window = ExtractWindow(self.db, self.embedder, self.extractor, self._ask_model)
        finish = FinishOperation(refresh_insights, self.signals, self._ask_model)
        return ProcessMemory(
            self.db,
            index_raw_data,
            extract_window,
            RunImport(self.db, self.embedder, self.signals),
            RunForget(self.db, finish, [model for model in (self._ask_model, self._ask_vision) if model]),
            ApplyChanges(self.db, self.embedder, index_raw_data, extract_window, finish),
            finish,
            self.signals,
            self._describe_images(),
            idle_millis=self.settings.idle_flush_millis,
            slice_seconds=slice_seconds,
        )

    def _describe_images(self) -> DescribeImages | None:
        return DescribeImages(self.db, self.embedder, self._ask_vision) if self._ask_vision else None

    def worker(self, *, lanes: int) -> Worker:
        return Worker(
            self.db,
            self.process_memory(),
            RecordFailure(self.db, self.signals),
            CleanUp(self.db, audit_days=self.settings.audit_days),
            self.signals,
            lanes=lanes,
            idle_millis=self.settings.idle_flush_millis,
        )

    def use_cases(self) -> UseCases:
        reasoning = Meter()
        audit = Audit(self.db)
        check_backlog = CheckBacklog(
            self.db,
            max_waiting=self.settings.max_waiting_messages,
            max_of_user=self.settings.max_operations_per_user,
        )
        accept = AcceptOperation(
            self.db,
            self.signals,
            check_backlog,
            keeps_images=self._vision_model is not None,
        )
        accept_forget = AcceptForget(self.db, self.signals)
        await_operation = AwaitOperation(self.db, self.signals)
        answer_once = AnswerOnce(self.db)
        retrieve_memory = create_retrieve_memory(
            self.db,
            self.embedder,
            model=self.language_model,
            meter=reasoning,
            logs_questions=self.settings.logs_questions,
        )
        return UseCases(
            accept=accept,
            accept_import=AcceptImport(self.db, self.signals, check_backlog, dimension=self.embedder.dimension),
            accept_forget=accept_forget,
            export_memory=ExportMemory(self.db),
            await_operation=await_operation,
            get_operation=GetOperation(self.db),
            list_operations=ListOperations(self.db),
            watch_operation=WatchOperation(self.db, self.signals),
            retry_operations=RetryOperations(self.db, self.signals),
            cancel_operation=CancelOperation(self.db, self.signals),
            answer_once=answer_once,
            retrieve_memory=retrieve_memory,
            get_trace=GetTrace(self.db),
            explore=Explore(self.db),
            build_context=BuildContext(retrieve_memory, self.embedder),
            endpoint=self.endpoint,
            query_items=QueryItems(self.db),
            query_raw_data=QueryRawData(self.db),
            merge_entities=MergeEntities(self.db),
            split_entity=SplitEntity(self.db),
            check_readiness=self.check_readiness,
            read_metrics=ReadMetrics(self.db, reasoning, self.endpoint.meter),
            keys=self.keys,
            audit=audit,
            memanto=self._memanto(
                audit, accept, accept_forget, await_operation, answer_once, retrieve_memory, reasoning
            ),
        )

    def _memanto(
        self,
        audit: Audit,
        accept: AcceptOperation,
        accept_forget: AcceptForget,
        await_operation: AwaitOperation,
        answer_once: AnswerOnce,
        retrieve_memory: RetrieveMemory,
        meter: Meter,
    ) -> MemantoUseCases:
        timeout = self.settings.wait_seconds
        submit_changes = SubmitChanges(self.db, accept, await_operation, timeout_seconds=timeout)
        recall = Recall(self.db, self.embedder, retrieve_memory)
        policies = Policies(self.db, submit_changes)
        delete_facts = DeleteFacts(self.db, accept_forget, await_operation, timeout_seconds=timeout)
        return MemantoUseCases(
            agents=Agents(self.db, accept_forget),
            sessions=Sessions(self.db, self.session_secret),
            submit_changes=submit_changes,
            change_fact=ChangeFact(self.db, submit_changes),
            extract_typed_facts=ExtractTypedFacts(self.db, self.embedder, self.choose_model(meter), submit_changes),
            recall=recall,
            answer_question=AnswerQuestion(recall, self.choose_model(meter)),
            conflicts=Conflicts(self.db, submit_changes),
            policies=policies,
            purge_expired=PurgeExpired(self.db, policies, delete_facts),
            delete_facts=delete_facts,
            summarize_day=SummarizeDay(self.db, self.choose_model(meter)),
            read_file=ReadFile(submit_changes),
            answer_once=answer_once,
            audit=audit,
        )

    def choose_model(self, meter: Meter) -> ChooseModel:
        """The models that a request of /api/v2 may ask."""
        if self._choose_model is None:
            self._choose_model = ChooseModel(self.language_model, self.settings.other_models, self._other_model, meter)
        return self._choose_model

    def _other_model(self, name: str) -> LanguageModel:
        chat = create_chat(self.settings, name)
        assert chat is not None, "a name is given"
        return chat


async def prepare_runtime(runtime: Runtime) -> None:
    """Migrate the schema, check the embedding model, read the session secret. Raises Unavailable and SetupError."""
    for name in await prepare_schema(runtime.db, runtime.embedder):
        _log.info("migrated: %s", name)
    runtime.session_secret = await session_secret(runtime.db)


def build_application(runtime: Runtime, *, browser_url: str | None = None) -> ASGIApp:
    """Build the API application on a prepared runtime; its lifespan runs the configured number of workers.

    `browser_url`: Neo4j Browser's address, for links of the explorer; None if there is none.
    """
    settings = runtime.settings
    use_cases = runtime.use_cases()

    @contextlib.asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncGenerator[None]:
        async with running_worker(runtime, lanes=settings.workers):
            warming = asyncio.create_task(WarmUp(runtime.db, create_retrieve_memory(runtime.db, runtime.embedder))())
            runtime.check_readiness.started = True
            yield
            runtime.check_readiness.started = False
            warming.cancel()

    return create_application(
        use_cases,
        lifespan=lifespan,
        api_key=settings.api_key,
        allowed_hosts=settings.host_names,
        sync_timeout=settings.sync_timeout_seconds,
        max_body_bytes=settings.max_body_mib << 20,
        requests_per_minute=settings.requests_per_minute,
        request_seconds=settings.request_seconds,
        browser_url=browser_url,
    )


def build_mcp_server(runtime: Runtime) -> MCPServer[Any]:
    """Build the tools of the Model Context Protocol on a prepared runtime, for standard input and output."""
    use_cases = runtime.use_cases()
    writing = Writing(use_cases.accept, use_cases.await_operation, sync_timeout=runtime.settings.sync_timeout_seconds)
    return mcp_server(use_cases, writing)


@contextlib.asynccontextmanager
async def running_worker(runtime: Runtime, *, lanes: int) -> AsyncGenerator[None]:
    """Run workers while the block runs; none for 0 lanes. At the end they finish their time slice or,
    after four seconds, are cancelled and their leases released.
    """
    if lanes < 1:
        yield
        return
    worker = runtime.worker(lanes=lanes)
    task = asyncio.create_task(worker.run())
    # Loading the grammar takes two seconds, which the first message need not wait for.
    loading = asyncio.create_task(_load_reader())
    runtime.check_readiness.worker_runs = lambda: not task.done()
    try:
        yield
    finally:
        loading.cancel()
        worker.stop()
        await asyncio.wait({task}, timeout=_STOP_SECONDS)
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
            stop_parsing()
            await worker.hand_back()
        elif error := task.exception():
            raise error


async def _load_reader() -> None:
    try:
        await asyncio.to_thread(load_reader)
    except Exception:  # noqa: BLE001 - the first window raises it again
        _log.exception("The reader could not be loaded")
