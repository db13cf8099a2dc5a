a_early = "early"
import lib_circle_b as b
a_late = "late"
