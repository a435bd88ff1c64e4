"""English words of time, bounds, stages and doings; `_` stands for a space."""

from scheduler.timing.lexer import Word
from scheduler.timing.moments import Anchor, Moment, Step


def _year(how: str, number: int, *, fiscal: bool = False) -> Moment:
    return Moment(Anchor(how, number, "year", fiscal))


def _unit(how: str, number: int, unit: str) -> Moment:
    return Moment(Anchor(how, number, unit))


def _season(name: str, first_month: int) -> tuple[Word, ...]:
    step = Step(1, "season", first_month)
    return (
        Word(f"this-{name}", "Y", f"this_{name}", Moment(Anchor("asof", 0), (step,))),
        Word(f"next-{name}", "Y", f"next_{name}", Moment(Anchor("asof", 1), (step,))),
        Word(name, "P", name, step),
    )


# fmt: off
TIMES = (
    Word("this-fiscal-year", "Y", "this_fiscal_year current_fiscal_year this_financial_year current_financial_year this_fy current_fy fiscal_year financial_year", _year("asof", 0, fiscal=True)),
    Word("next-fiscal-year", "Y", "next_fiscal_year next_financial_year coming_fiscal_year next_fy", _year("asof", 1, fiscal=True)),
    Word("fiscal-year-after-next", "Y", "fiscal_year_after_next financial_year_after_next", _year("asof", 2, fiscal=True)),
    Word("last-fiscal-year", "Y", "last_fiscal_year previous_fiscal_year last_financial_year previous_financial_year prior_fiscal_year preceding_fiscal_year preceding_financial_year prior_financial_year last_fy", _year("asof", -1, fiscal=True)),
    Word("following-fiscal-year", "Y", "fiscal_year_following_it fiscal_year_after_it following_fiscal_year following_financial_year subsequent_fiscal_year following_fy", _year("before", 1, fiscal=True)),
    Word("same-fiscal-year", "Y", "same_fiscal_year that_fiscal_year same_financial_year", _year("before", 0, fiscal=True)),
    Word("this-year", "Y", "this_year current_year this_calendar_year later_this_year year year's", _year("asof", 0)),
    Word("next-year", "Y", "next_year coming_year next_calendar_year", _year("asof", 1)),
    Word("year-after-next", "Y", "year_after_next", _year("asof", 2)),
    Word("last-year", "Y", "last_year previous_year prior_year preceding_year previous_calendar_year preceding_calendar_year", _year("asof", -1)),
    Word("following-year", "Y", "year_after_it year_following_it following_year subsequent_year year_after following_calendar_year", _year("before", 1)),
    Word("two-years-after", "Y", "second_following_year", _year("before", 2)),
    Word("same-year", "Y", "same_year that_year that_same_year same_calendar_year", _year("before", 0)),
    Word("this-month", "Y", "this_month current_month later_this_month", _unit("asof", 0, "month")),
    Word("next-month", "Y", "next_month coming_month", _unit("asof", 1, "month")),
    Word("last-month", "Y", "last_month previous_month preceding_month", _unit("asof", -1, "month")),
    Word("following-month", "Y", "following_month month_after subsequent_month", _unit("before", 1, "month")),
    Word("same-month", "Y", "same_month that_month", _unit("before", 0, "month")),
    Word("this-quarter", "Y", "this_quarter current_quarter", _unit("asof", 0, "quarter")),
    Word("next-quarter", "Y", "next_quarter coming_quarter", _unit("asof", 1, "quarter")),
    Word("this-week", "Y", "this_week", _unit("asof", 0, "week")),
    Word("next-week", "Y", "next_week", _unit("asof", 1, "week")),
    *_season("spring", 3), *_season("summer", 6), *_season("autumn", 9), *_season("winter", 12),
    Word("next-fall", "Y", "next_fall", Moment(Anchor("asof", 1), (Step(1, "season", 9),))),
    Word("this-fall", "Y", "this_fall", Moment(Anchor("asof", 0), (Step(1, "season", 9),))),
    Word("fiscal-year-end", "Y", "fiscal_year-end fiscal_year_end fy-end", Moment(Anchor("free", 0, "year", True), (Step(9, "edge", -1),))),
    Word("new-year", "Y", "new_year", Moment(Anchor("free"), (Step(9, "edge", 0),))),
    Word("turn-of-year", "Y", "turn_of_the_year turn_of_year", Moment(Anchor("free"), (Step(1, "slice", 11, 2),))),
    Word("early", "P", "early- early early_in early_part_of", Step(9, "third", 0)),
    Word("mid", "P", "mid- mid middle_of mid-way_through halfway_through", Step(9, "third", 1)),
    Word("late", "P", "late- late late_in latter_part_of later_in", Step(9, "third", 2)),
    Word("start", "P", "first_month_of opening_month_of beginning_of start_of beginning start opening_of outset_of", Step(9, "edge", 0)),
    Word("end", "P", "end_of end- end close_of year-end year_end ending_of last_month_of final_month_of", Step(9, "edge", -1)),
    Word("first-half", "P", "first_half 1st_half first_half-year", Step(9, "half", 0)),
    Word("second-half", "P", "second_half 2nd_half latter_half last_half", Step(9, "half", 1)),
    Word("first-quarter", "P", "first_quarter 1st_quarter", Step(1, "slice", 0, 3)),
    Word("second-quarter", "P", "second_quarter 2nd_quarter", Step(1, "slice", 3, 3)),
    Word("third-quarter", "P", "third_quarter 3rd_quarter", Step(1, "slice", 6, 3)),
    Word("fourth-quarter", "P", "fourth_quarter 4th_quarter last_quarter final_quarter", Step(1, "slice", 9, 3)),
    Word("last-day", "P", "last_day final_day", Step(3, "days", 0, 0)),
    Word("first-ten-days", "P", "first_ten_days first_third", Step(3, "days", 1, 10)),
    Word("first-week", "P", "first_week", Step(3, "days", 1, 7)),
    Word("second-week", "P", "second_week", Step(3, "days", 8, 14)),
    Word("third-week", "P", "third_week", Step(3, "days", 15, 21)),
    Word("last-week", "P", "last_week_of final_week last_working_day last_business_day final_working_day", Step(3, "days", -7, 0)),
)
BOUNDS = (
    Word("planned-for", "f", "scheduled_for planned_for due_for expected_for slated_for set_for is_planned_for is_scheduled_for are_planned_for are_scheduled_for is_expected_for is_slated_for is_due_for is_set_for"),
    Word("originally", "Z", "originally initially instead first_planned_for first_announced first_announced_for first_scheduled first_scheduled_for initially_planned_for originally_planned_for"),
    Word("denied", "6", "in_place_of instead_of not not_on not_in not_during not_for"),
    Word("postponed", "Z", "postponed put_off moved_from moved_back has_been_moved have_been_moved be_moved been_moved was_moved is_moved put_back delayed rescheduled deferred brought_forward pushed_back"),
    Word("hedged", "A", "around circa about approximately approx. approx roughly ca. ca c. some_time_around tentatively or_so or_thereabouts in_or_around on_or_about on_or_around"),
    Word("until", "U", "by no_later_than not_later_than until till on_or_before up_to up_until by_the_latest not_after"),
    Word("until", "U", "at_the_latest at_latest deadline_of before_the_end_of"),
    Word("before", "B", "before prior_to ahead_of earlier_than"),
    Word("from", "F", "from starting starting_in starting_from beginning_in beginning_from as_from as_early_as onwards onward or_later and_later or_after and_after at_the_earliest since effective and_onwards"),
    Word("at-the-earliest", "V", "no_earlier_than not_earlier_than not_before no_sooner_than"),
    Word("from-on", "F", "on_and_after"),
    Word("after", "G", "after later_than"),
    Word("inside", "I", "within during in_the_course_of over_the_course_of throughout sometime_in some_time_in some_time_during sometime_during"),
    Word("range", "~", "~ - to through thru up_to"),
    Word("between", "E", "between"),
    Word("or", "O", "or and/or"),
)
REPEATS = (
    Word("every-year", "R", "every_year each_year annually yearly once_a_year per_year once_per_year per_annum year_after_year", ("P1Y", "year", False)),
    Word("every-fiscal-year", "R", "every_fiscal_year each_fiscal_year every_financial_year each_financial_year every_fy each_fy", ("P1Y", "year", True)),
    Word("every-quarter", "R", "quarterly three-monthly every_quarter each_quarter once_a_quarter every_three_months every_3_months four_times_a_year", ("P3M", "quarter", False)),
    Word("every-half", "R", "twice_a_year half-yearly semi-annually semiannually biannually every_six_months every_6_months every_half-year every_half_year each_half-year each_half_year each_half twice_yearly half_yearly every_half semi-annual semiannual six-monthly bi-annually", ("P6M", "half", False)),
    Word("every-month", "R", "monthly every_month each_month once_a_month", ("P1M", "month", False)),
    Word("every-week", "R", "weekly every_week each_week once_a_week", ("P7D", "week", False)),
    Word("every-two-years", "R", "biennially every_other_year every_second_year biennial", ("P2Y", "", False)),
)
STAGES = (
    Word("stage", "t", "preliminary provisional flash advance_figures advance_estimate advance_estimates first_release", "preliminary"),
    Word("stage", "t", "revised_figures revised_figure revised_data revised_results revised_values revised_value revised_estimates revised_estimate revised_index revised_rate revised_rates revised_series revised_total revised_totals revised_count revised_counts revised_share revised_number revised_numbers revised_statistics revision", "revised"),
    Word("stage", "t", "definitive confirmed_figures confirmed_figure confirmed_data finalised_figures finalized_figures finalised_data finalized_data final_version_of_the_figures", "final"),
    Word("stage", "t", "estimate estimates estimated_figures estimated_figure estimated_data estimated_values estimated_value estimated_results rough_figures", "estimate"),
    Word("stage", "t", "actual actuals outturn", "actual"),
    Word("no-stage", "n", "final_report final_summary final_decision final_stage final_plan final_approval final_draft final_review final_evaluation final_year final_phase final_text final_say final_disposal final_energy final_consumption final_demand final_product final_products final_destination final_settlement final_treatment final_examination"),
    Word("stage", "t", "final", "final"),
)
ACTIONS = (
    Word("figure", "o", "figure figures data result results value values number numbers statistics rate rates count counts share outcome outcomes tally totals total indicator ratio percentage findings"),
    Word("release", "v", "publish published publishes publishing publication publications release released releases available announced announce announcement issued issue known compiled tabulated posted updated update go_online goes_online go_live goes_live posted appears appear disclosed made_public come_out appear obtained ascertained due", "figure"),
    Word("delivery", "z", "submitted tabled report_to reported reporting present presents provide provided deliver delivered distributed circulated submitted_to sent presented communicated supplied handed notified shared", "delivery"),
    Word("decision", "d", "decide decided determine determined decision adopt adopted finalise finalised finalize finalized establish established revise revised review reviewed reviewing drawn_up fixed settled laid_down put_in_place rolled_out draw_up formulate formulated draft drafted completed complete concluded conclude set_out defined define introduce introduced amended launch launched set agreed conclusion settle", "decision"),
    Word("evaluation", "e", "evaluate evaluated evaluation assess assessed assessment verify verified verification examine examined examination", "evaluation"),
    Word("going-on", "c", "continue continued continues continuing carried_on carry_on ongoing will_go_on goes_on", "continued"),
    Word("survey", "s", "survey surveys survey's census questionnaire questionnaires fieldwork interviews returns submission submissions deadline_for_submissions consultation collected collection inquiry enumeration poll canvass surveyed census_day be_held come_in comes_in"),
    Word("survey", "s", "transmit transmitted transmission measurements reply replies responses submit submission_deadline deadline_for_returns deadline_for_responses asked closing_date reporting_deadline deadline_for_reports deadline_for_replies due_back"),
    Word("no-survey", "o", "survey_results results_of_the_survey survey_data census_results consultation_summary consultation_report consultation_results survey_findings results_of_the_census census_data survey_report"),
    Word("law", "l", "in_force in_force_since act law guidelines guideline enacted enacts come_into_force came_into_force comes_into_force enter_into_force entered_into_force takes_effect take_effect ends finishes meet meets convene convenes runs lasts will_run will_last meeting council ordinance conference bill legislation amendment amendments committee cabinet_decision diet session workshop forum act's promulgated regulation plan action_plan decision_of strategy enforced"),
    Word("goal", "H", "target targets goal goals aim aims aiming objective objectives reach reaching achieve achieved achieving attain attained raise lower halve double halving doubling raising lowering cutting reducing aimed aimed_at comply complied target_year target_date"),
    Word("no-goal", "n", "progress_towards_the_target progress_toward_the_target target_period achievement_of_the_target"),
    Word("past", "p", "was were came_out appeared went_out have has_been have_been had_been had ran held ended already took_place took did has have went met took_part"),
    Word("expected", "f", "will to_be have_to will_have to_have shall is_expected are_expected is_due are_due is_scheduled are_scheduled is_planned are_planned is are expected planned scheduled plans plan_to intends forthcoming"),
    Word("to-be-done", "0", "is_to_be are_to_be"),
    Word("given-up", "/", "cancelled canceled abandoned discontinued withdrawn dropped called_off will_not_be is_not_to_be are_not_to_be"),
    Word("next", "x", "next"),
    Word("last-time", "5", "last_one last_time most_recently most_recent last_published last_released last_issued previous_one last: last_in last_was last_edition previous_edition last_results last_held last_conducted"),
    Word("respectively", "r", "respectively"),
    Word("not-set", "u", "tbd tba tbc to_be_determined to_be_decided to_be_confirmed not_fixed not_yet not_decided undecided under_consideration under_review not_been_decided not_been_set not_been_fixed not_been_determined being_compiled being_discussed under_discussion being_considered being_worked_out n/a unknown pending yet_to_be not_set undetermined not_determined to_be_advised none"),
    Word("depends-strongly", "J", "once when as_soon_as in_due_course in_due_time will_follow when_ready appropriate_time upon subject_to depending depends whenever as_and_when following right_time time_being suitable_time"),
    Word("depends-strongly", "J", "soon shortly promptly at_a_later_date at_an_early_date as_appropriate as_they_become as_it_becomes in_the_near_future as_needed at_some_point without_delay immediately from_time_to_time"),
)
JOINS = (
    Word("of", "k", "of"),
    Word("in", "i", "in on at"),
    Word("for", "C", "for covering concerning regarding period: reference_period: data_period:"),
    Word("as-at", "D", "as_of as_at"),
    Word("no-time", "n", "calendar_year_basis fiscal_year_basis at_present first_year second_year third_year final_year opening_year previous_years recent_years spring_water spring-water hot_spring hot_springs spring_tide winter_sports winter_roads"),
    Word("article", " ", "the an respective coming upcoming calendar month_of whole_of entire \" “ ”"),
    Word("and", "a", "and & both as_well_as"),
    Word("because", "Q", "because owing_to as_a_result_of on_account_of"),
    Word("also", "m", "also"),
    Word("that-is", "q", "that_is namely i.e. ie in_other_words"),
    Word("comma", ",", ", | /"),
    Word("stop", "!", "; ! ?"),
    Word("colon", ":", ": → =>"),
    Word("open", "<", "("),
    Word("close", ">", ")"),
    Word("line", "b", "※ ○ ● ◯ ◎ ■ □ ◆ ◇ ① ② ③ ④ ⑤ ⑥ ⑦ ⑧ ⑨ ⑩ • * ・ ▪"),
)
# fmt: on
WORDS = (*TIMES, *BOUNDS, *REPEATS, *STAGES, *ACTIONS, *JOINS)
