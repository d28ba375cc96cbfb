%% The programs of bench/threads: sender bound to one scheduler, receivers to the other, each scheduler to a core.
-module(bench_threads).
-export([work/2]).

-define(SENDER, 1).
-define(RECEIVER, 2).

work("tell", #{messages := Messages}) -> bench_measure:rate_of(Messages, fun flood/1);
work("ask", #{asks := Asks, inFlight := InFlight}) ->
    {ok, Server} = bench_child:start([{scheduler, ?RECEIVER}]),
    bench_measure:rate_of(Asks, fun(Count) -> ask_all(Server, Count, InFlight) end);
work("broadcast", Size) -> broadcast(Size, fun(Receivers) -> Receivers end);
work("broadcast_relayed", Size) -> broadcast(Size, fun(Receivers) -> [bound(?RECEIVER, fun() -> relay(Receivers) end)] end);
work("restart", #{restarts := Restarts}) ->
    {ok, _} = bench_supervisor:start_link(),
    bench_measure:latencies_of(Restarts, fun(_) -> restart() end).

bound(Scheduler, Fun) -> spawn_opt(Fun, [{scheduler, Scheduler}]).

flood(Count) ->
    Me = self(),
    Counter = bound(?RECEIVER, fun() -> counter(0, 0) end),
    bound(?SENDER, fun() -> produce(Counter, 0, Count), Counter ! {retrieve, Me} end),
    receive {total, Counted, Checksum} -> {Counted, Checksum} end.

produce(_, Count, Count) -> ok;
produce(Counter, Value, Count) ->
    Counter ! {add, Value, 1},
    produce(Counter, Value + 1, Count).

counter(Counted, Checksum) ->
    receive
        {add, A, B} -> counter(Counted + 1, Checksum + A + B);
        {retrieve, From} -> From ! {total, Counted, Checksum}
    end.

%% As many askers as questions are to be in flight; each asks for its own share of the numbers.
ask_all(Server, Count, InFlight) ->
    Me = self(),
    Askers = [bound(?SENDER, fun() -> Me ! {asked, self(), ask(Server, First, InFlight, Count, 0)} end)
              || First <- lists:seq(0, min(InFlight, Count) - 1)],
    {Count, lists:sum([receive {asked, Asker, Sum} -> Sum end || Asker <- Askers])}.

ask(_, Value, _, Count, Checksum) when Value >= Count -> Checksum;
ask(Server, Value, Step, Count, Checksum) ->
    ask(Server, Value + Step, Step, Count, Checksum + gen_server:call(Server, {answer, Value})).

%% A binary to every receiver, or to a relay that passes it on on their scheduler; a round ends when the last one has it.
%% The binary is shared, only its reference is sent.
broadcast(#{actors := Actors, rounds := Rounds, bytes := Bytes}, TargetsOf) ->
    Me = self(),
    bound(?SENDER, fun() ->
        Sender = self(),
        Receivers = [bound(?RECEIVER, fun() -> receiver(Sender, Index =:= Actors, 0, 0) end)
                     || Index <- lists:seq(1, Actors)],
        Targets = TargetsOf(Receivers),
        Tail = binary:copy(<<7>>, Bytes - 1),
        rounds(Targets, Tail, 0, (Rounds + 4) div 5),
        totals(Receivers),
        Start = bench_measure:now_ns(),
        rounds(Targets, Tail, 0, Rounds),
        Elapsed = bench_measure:now_ns() - Start,
        Me ! {done, Elapsed, totals(Receivers)}
    end),
    receive {done, Elapsed, {Counted, Checksum}} -> {[{"rate", Counted * 1.0e9 / Elapsed}], Counted, Checksum} end.

rounds(_, _, Rounds, Rounds) -> ok;
rounds(Targets, Tail, Round, Rounds) ->
    Frame = <<Round:8, Tail/binary>>,
    [Target ! {frame, Frame} || Target <- Targets],
    receive all_have_it -> rounds(Targets, Tail, Round + 1, Rounds) end.

relay(Receivers) ->
    receive {frame, _} = Message ->
        [Receiver ! Message || Receiver <- Receivers],
        relay(Receivers)
    end.

receiver(Sender, IsLast, Counted, Checksum) ->
    receive
        {frame, Frame} ->
            IsLast andalso (Sender ! all_have_it),
            receiver(Sender, IsLast, Counted + 1, Checksum + byte_size(Frame) + binary:first(Frame));
        take_total ->
            Sender ! {total, Counted, Checksum},
            receiver(Sender, IsLast, 0, 0)
    end.

totals(Receivers) ->
    [Receiver ! take_total || Receiver <- Receivers],
    Totals = [receive {total, Counted, Checksum} -> {Counted, Checksum} end || _ <- Receivers],
    {lists:sum([Counted || {Counted, _} <- Totals]), lists:sum([Checksum || {_, Checksum} <- Totals])}.

%% From the message that makes it fail until its successor answers.
restart() ->
    Failing = whereis(bench_child),
    gen_server:cast(bench_child, crash),
    await_successor(Failing).

await_successor(Failing) ->
    case whereis(bench_child) of
        Pid when is_pid(Pid), Pid =/= Failing ->
            try gen_server:call(Pid, {answer, 1}) of 1 -> ok
            catch exit:_ -> await_successor(Failing)
            end;
        _ ->
            erlang:yield(),
            await_successor(Failing)
    end.
