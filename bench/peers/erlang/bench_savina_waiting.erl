%% The programs of bench/savina, part 2, in which somebody waits: bndbuffer, philosopher, banking.
-module(bench_savina_waiting).
-export([work/2]).

work(Program, #{iterations := Iterations} = Size) ->
    bench_measure:iterations_of(Iterations, fun() -> program(Program, Size) end).

program("bndbuffer", #{producers := Producers, consumers := Consumers, items := Items, cost := Cost} = Size) ->
    Me = self(),
    Manager = spawn(fun() -> start_manager(Me, Size) end),
    ConsumerPids = [spawn(fun() -> consumer(Manager, Cost, 0.0, 0, 0) end) || _ <- lists:seq(1, Consumers)],
    ProducerPids = [spawn(fun() -> producer(Manager, Cost, Items, 0, 0.0) end) || _ <- lists:seq(1, Producers)],
    Manager ! {start, ConsumerPids, ProducerPids},
    receive done -> ok end,
    [Pid ! {report, Me} || Pid <- ConsumerPids],
    Totals = [receive {consumed, Counted, Checksum} -> {Counted, Checksum} end || _ <- ConsumerPids],
    {lists:sum([Counted || {Counted, _} <- Totals]), lists:sum([Checksum || {_, Checksum} <- Totals])};

program("philosopher", #{philosophers := Philosophers, rounds := Rounds}) ->
    Me = self(),
    Arbiter = spawn(fun() -> arbiter(Me, Philosophers, 0, Philosophers, 0, 0) end),
    [spawn(fun() -> self() ! start, philosopher(Arbiter, Seat, Rounds) end) || Seat <- lists:seq(0, Philosophers - 1)],
    receive {total, Counted, Checksum} -> {Counted, Checksum} end;

program("banking", #{accounts := Accounts, transfers := Transfers}) ->
    Me = self(),
    Spawned = [spawn(fun() -> account(1000000) end) || _ <- lists:seq(1, Accounts)],
    Bank = list_to_tuple(Spawned),
    spawn(fun() ->
        transfer(Bank, Accounts, Transfers, 123456),
        Me ! {total, Transfers, add_replies(Transfers, 0)}
    end),
    Tally = receive {total, Counted, Checksum} -> {Counted, Checksum} end,
    [exit(Pid, kill) || Pid <- Spawned],
    Tally.

%% bndbuffer
-record(manager, {driver, size, consumers, producers = queue:new(), pending = queue:new(), waiting = 0, ended = 0}).
%% `waiting`: how many are pending; the length of a queue has to be counted.

start_manager(Driver, Size) ->
    receive
        {start, Consumers, Producers} ->
            [Producer ! produce || Producer <- Producers],
            manager(#manager{driver = Driver, size = Size, consumers = queue:from_list(Consumers)})
    end.

manager(#manager{consumers = Consumers, pending = Pending, waiting = Waiting, producers = Producers, ended = Ended} = State) ->
    receive
        {item, Number, Data, Producer} ->
            WithItem = case queue:out(Consumers) of
                {{value, Consumer}, Others} ->
                    Consumer ! {item, Number, Data},
                    State#manager{consumers = Others};
                {empty, _} -> State#manager{pending = queue:in({item, Number, Data}, Pending), waiting = Waiting + 1}
            end,
            manager(next_item(WithItem, Producer));
        {available, Consumer} ->
            case queue:out(Pending) of
                {{value, Item}, Rest} ->
                    Consumer ! Item,
                    manager(wake_producer(State#manager{pending = Rest, waiting = Waiting - 1}, Producers));
                {empty, _} -> end_if_done(State#manager{consumers = queue:in(Consumer, Consumers)})
            end;
        ended -> end_if_done(State#manager{ended = Ended + 1})
    end.

next_item(#manager{size = #{bufferSize := BufferSize, producers := Count}, waiting = Waiting} = State, Producer) ->
    case Waiting >= BufferSize - Count of
        true -> State#manager{producers = queue:in(Producer, State#manager.producers)};
        false ->
            Producer ! produce,
            State
    end.

wake_producer(State, Producers) ->
    case queue:out(Producers) of
        {{value, Producer}, Others} ->
            Producer ! produce,
            State#manager{producers = Others};
        {empty, _} -> State
    end.

end_if_done(#manager{driver = Driver, size = Size, consumers = Consumers, ended = Ended} = State) ->
    #{producers := Producers, consumers := ConsumerCount} = Size,
    case Ended =:= Producers andalso queue:len(Consumers) =:= ConsumerCount of
        true -> Driver ! done;
        false -> manager(State)
    end.

producer(Manager, Cost, Items, Produced, Data) ->
    receive
        produce when Produced =:= Items -> Manager ! ended;
        produce ->
            Item = process_item(Data, Cost),
            Manager ! {item, Produced, Item, self()},
            producer(Manager, Cost, Items, Produced + 1, Item)
    end.

consumer(Manager, Cost, Consumed, Counted, Checksum) ->
    receive
        {item, Number, Data} ->
            Next = process_item(Consumed + Data, Cost),
            Manager ! {available, self()},
            consumer(Manager, Cost, Next, Counted + 1, Checksum + Number);
        {report, To} -> To ! {consumed, Counted, Checksum}
    end.

process_item(Item, Cost) -> process_item(Item, 1, Cost).
process_item(Item, Step, Cost) when Step > Cost -> Item;
process_item(Item, Step, Cost) -> process_item(Item + math:log(Step / (Cost + 1) + 0.01), Step + 1, Cost).

%% philosopher: the forks that are taken are the bits of one number
arbiter(Driver, _, _, 0, Counted, Checksum) -> Driver ! {total, Counted, Checksum};
arbiter(Driver, Forks, Taken, Left, Counted, Checksum) ->
    receive
        {hungry, Seat, From} ->
            Both = both_forks(Seat, Forks),
            case Taken band Both of
                0 ->
                    From ! eat,
                    arbiter(Driver, Forks, Taken bor Both, Left, Counted, Checksum);
                _ ->
                    From ! denied,
                    arbiter(Driver, Forks, Taken, Left, Counted, Checksum)
            end;
        {done, Seat} ->
            arbiter(Driver, Forks, Taken bxor both_forks(Seat, Forks), Left, Counted + 1, Checksum + Seat);
        exit -> arbiter(Driver, Forks, Taken, Left - 1, Counted, Checksum)
    end.

both_forks(Seat, Forks) -> (1 bsl Seat) bor (1 bsl ((Seat + 1) rem Forks)).

philosopher(Arbiter, Seat, Left) ->
    receive
        eat ->
            Arbiter ! {done, Seat},
            case Left of
                1 -> Arbiter ! exit;
                _ ->
                    self() ! start,
                    philosopher(Arbiter, Seat, Left - 1)
            end;
        _StartOrDenied ->
            Arbiter ! {hungry, Seat, self()},
            philosopher(Arbiter, Seat, Left)
    end.

%% banking: mirrors bench/savina/transfers.ts
transfer(_, _, 0, _) -> ok;
transfer(Bank, Accounts, Left, Seed0) ->
    {From, Seed1} = bench_measure:random_below(Accounts div 10 * 8, Seed0),
    {Distance, Seed2} = bench_measure:random_below(Accounts - From, Seed1),
    {Amount, Seed3} = bench_measure:random_below(1000, Seed2),
    To = From + max(1, Distance),
    element(From + 1, Bank) ! {credit, Amount + 1, element(To + 1, Bank), self()},
    transfer(Bank, Accounts, Left - 1, Seed3).

add_replies(0, Checksum) -> Checksum;
add_replies(Left, Checksum) -> receive {done, Amount} -> add_replies(Left - 1, Checksum + Amount) end.

account(Balance) ->
    receive
        {debit, Amount, From, Reference} ->
            From ! {booked, Reference, Amount},
            account(Balance + Amount);
        {credit, Amount, To, Teller} ->
            Reference = make_ref(),
            To ! {debit, Amount, self(), Reference},
            receive {booked, Reference, Booked} -> Teller ! {done, Booked} end,
            account(Balance - Amount)
    end.
